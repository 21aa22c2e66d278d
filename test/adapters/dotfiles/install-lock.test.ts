import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { InstallLock } from '../../../src/adapters/dotfiles/install-lock.ts'
import { makeTemporaryHome } from '../../support/home.ts'

t.test('folders that were missing are made, told outermost first, and the file goes when it is removed', async (t) => {
  using home = makeTemporaryHome()
  const [outer, folder] = [join(home.dir, 'a'), join(home.dir, 'a/b/c')]
  {
    using lock = InstallLock.acquire(folder)
    t.strictSame(lock.made, [outer, join(outer, 'b'), folder])
  }
  using lock = InstallLock.acquire(folder)
  t.strictSame(lock.made, [])
  lock.removeFile()
  t.notOk(existsSync(join(folder, 'lock')))
  t.equal(lock.isTakenOver(), false)
})

t.test('whoever comes after the file was removed has a lock of its own, and is noticed', async (t) => {
  using home = makeTemporaryHome()
  const folder = join(home.dir, 'a')
  using first = InstallLock.acquire(folder)
  first.removeFile()
  rmSync(folder, { recursive: true })
  using second = InstallLock.acquire(folder)
  t.strictSame(second.made, [folder])
  t.equal(first.isTakenOver(), true)
})

t.test('a folder that cannot be made is told with its cause', async (t) => {
  using home = makeTemporaryHome()
  symlinkSync('gone', join(home.dir, 'a'))
  t.throws(() => InstallLock.acquire(join(home.dir, 'a/b')), {
    code: 'CMDAID_ERR_INSTALL_STATE',
    cause: { code: 'ENOENT' },
  })
})
