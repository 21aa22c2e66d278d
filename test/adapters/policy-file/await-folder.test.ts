import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { awaitFolder } from '../../../src/adapters/policy-file/await-folder.ts'
import { until } from '../../support/until.ts'

/** Time enough for an event that should not come. */
const QUIET_MS = 200

t.test('a folder is told once, however many above it are made first, or go and come again', async (t) => {
  const root = t.testdir()
  let told = 0
  using _waiting = awaitFolder(join(root, 'a/b/c'), () => (told += 1))
  await mkdir(join(root, 'a'))
  await sleep(QUIET_MS)
  await rm(join(root, 'a'), { recursive: true })
  await mkdir(join(root, 'a'))
  await sleep(QUIET_MS)
  t.equal(told, 0)
  await mkdir(join(root, 'a/b/c'), { recursive: true })
  await until('the folder to be told', () => told > 0)
  await rm(join(root, 'a'), { recursive: true })
  await mkdir(join(root, 'a/b/c'), { recursive: true })
  await sleep(QUIET_MS)
  t.equal(told, 1)
})

t.test('a folder that is moved there is seen, and one that is there already', async (t) => {
  const root = t.testdir({ elsewhere: { b: {} } })
  let told = 0
  using _waiting = awaitFolder(join(root, 'a/b'), () => (told += 1))
  await rename(join(root, 'elsewhere'), join(root, 'a'))
  await until('the folder to be told', () => told > 0)
  using _another = awaitFolder(join(root, 'a/b'), () => (told += 1))
  t.equal(told, 2)
})

t.test('what else happens beside it is nothing to it, and nothing is told to who waits no more', async (t) => {
  const root = t.testdir()
  let told = 0
  {
    using _waiting = awaitFolder(join(root, 'a'), () => (told += 1))
    for (const name of ['b', 'aa', 'A', 'b']) await writeFile(join(root, name), name)
    await sleep(QUIET_MS)
  }
  await mkdir(join(root, 'a'))
  await sleep(QUIET_MS)
  t.equal(told, 0)
})
