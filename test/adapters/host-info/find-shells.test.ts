import t from 'tap'
import { findShells, terminalName } from '../../../src/adapters/host-info/find-shells.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import { PtyShell } from '../../support/pty.ts'
import { startShell } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'

const UID = process.getuid?.() ?? 0

t.test('a shell at a prompt is found, with its terminal; what it starts beside it is not', async (t) => {
  using home = makeTemporaryHome()
  await using pty = await startShell('bash', home, { hook: false, after: 'export PS1' })
  // A subshell and a shell without a person, which live for a while, and then one more that waits for a person.
  await pty.line('(sleep 10; true) & sleep 10 | bash &')
  const tty = (await pty.line('tty')).match(/\/dev\/pts\/\d+/)?.[0]
  await pty.line('bash --norc --noprofile -i')
  const inner = Number((await pty.line('echo pid=$$')).match(/pid=(\d+)/)?.[1])
  const found = await until('both shells', async () => {
    const own = (await findShells(UID)).filter((shell) => shell.tty === tty)
    return own.length >= 2 ? own : null
  })
  t.strictSame(new Set(found.map(({ shell, pid }) => `${shell} ${pid}`)), new Set([`bash ${pty.pid}`, `bash ${inner}`]))
  t.ok(found.every(({ ageMs, start }) => ageMs >= 0 && ageMs < 3_600_000 && start !== null))
  t.notSame((await findShells(UID + 1)).map(({ pid }) => pid).includes(pty.pid), true)
})

t.test('a zsh is found by its own name', async (t) => {
  using home = makeTemporaryHome()
  await using pty = await PtyShell.start({
    command: ['zsh', '-f', '-i'],
    env: { ...home.env, PROMPT: '@@> ' },
    cwd: home.dir,
    prompt: '@@> ',
  })
  const found = (await findShells(UID)).find(({ pid }) => pid === pty.pid)
  t.equal(found?.shell, 'zsh')
})

t.test('terminals have the names of their numbers', async (t) => {
  t.strictSame([0x8803, 0x8901, 0x0401, 0x8800 | (0x100 << 12), 0x0500, 0].map(terminalName), [
    '/dev/pts/3',
    '/dev/pts/257',
    '/dev/tty1',
    '/dev/pts/256',
    null,
    null,
  ])
})
