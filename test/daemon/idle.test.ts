import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { until } from '../support/until.ts'

/** What the daemon does of itself, while no shell speaks to it. */

t.test('files that change beside a policy folder that is not there are nothing to it', async (t) => {
  using home = makeTemporaryHome()
  const beside = join(home.dir, 'config')
  rmSync(join(beside, 'cmdaid'), { recursive: true })
  for (let n = 0; n < 5; n += 1) mkdirSync(join(beside, `other-${n}`))
  await using daemon = await TestDaemon.start(home)
  const trace = join(home.dir, 'trace')
  const calls = ['-f', '-q', '-e', 'trace=stat,statx,lstat,newfstatat', '-o', trace]
  const tracer = spawn('strace', [...calls, '-p', String(daemon.pid)], { stdio: 'ignore' })
  await until('strace to attach', () => /TracerPid:\s+[1-9]/.test(readFileSync(`/proc/${daemon.pid}/status`, 'utf8')))
  for (let n = 0; n < 10; n += 1) {
    writeFileSync(join(beside, `file-${n}`), 'x')
    await sleep(20)
  }
  await sleep(200)
  tracer.kill('SIGINT')
  await until('strace to end', () => tracer.exitCode !== null || tracer.signalCode !== null)
  const looked = readFileSync(trace, 'utf8').split('\n')
  t.strictSame(
    looked.filter((line) => line.includes(`${beside}/`)),
    [],
  )
})
