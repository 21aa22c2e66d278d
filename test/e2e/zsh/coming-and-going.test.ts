import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import type { PtyShell } from '../../support/pty.ts'
import { said, startShell } from '../../support/shell-rc.ts'
import { readStopwatch, STOPWATCH } from '../../support/stopwatch.ts'
import { until } from '../../support/until.ts'

/** The hook while its daemon is missing, stopped, killed and replaced, seen from what the person has set up. */

const LONG = `: ${'x'.repeat(4500)}`
const WAIT_SECONDS = 3

async function lines(pty: PtyShell, texts: readonly string[]): Promise<void> {
  for (const text of texts) await pty.line(text)
}

t.test("an ERR trap fires for the person's commands alone, whatever becomes of the daemon", async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = TestDaemon.absent(home)
  await using pty = await startShell('zsh', home, {
    waitSeconds: 1,
    before: "trap 'say err $funcstack' ERR; alias x=y",
    // Ctrl-T: typing so much would take the editor seconds.
    after: `long() { BUFFER='${LONG}' }; zle -N long; bindkey '^T' long`,
  })
  const some = ['true', 'say a; true', '']
  await lines(pty, some)
  await daemon.start()
  await lines(pty, [...some, 'DENYME', 'WARNME', '\x14'])
  daemon.freeze()
  await lines(pty, some)
  daemon.thaw()
  await until('protection to be back', async () => {
    await pty.line('true')
    return pty.transcript.split('checked again').length > 2
  })
  await daemon.kill()
  await lines(pty, some)
  await daemon.start()
  await lines(pty, [...some, 'false', 'say end'])
  t.same(said(home), ['a', 'a', 'WARNME ran', 'a', 'a', 'a', 'err', 'end'])
  t.same(
    pty.transcript.match(/cmdaid: .*checked.*/g)?.map((line) => line.trim()),
    [
      'cmdaid: the daemon is not running: commands run unchecked',
      'cmdaid: commands are checked again',
      'cmdaid: the daemon does not answer: commands run unchecked',
      'cmdaid: commands are checked again',
      'cmdaid: the daemon is not running: commands run unchecked',
      'cmdaid: commands are checked again',
    ],
  )
})

t.test('a restricted shell is told that it is not governed, and nothing else', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  // Functions of a restricted shell may not redirect.
  await using pty = await startShell('zsh', home, {
    before: "setopt restricted; say() { builtin print -r -- 'said' $* }",
  })
  await lines(pty, ['say a', 'say end'])
  t.match(pty.transcript, /said a.*said end/s)
  t.equal(pty.transcript.split('cmdaid: this zsh is restricted: commands run unchecked').length, 2)
  t.notMatch(pty.transcript, /restricted:\d|redirection|cmdaid\.zsh|bad|not found/)
  if (t.counts.fail > 0) t.comment(pty.transcript)
})

t.test('a daemon that is killed again and again is never waited for', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  await using pty = await startShell('zsh', home, { ...STOPWATCH.zsh, waitSeconds: WAIT_SECONDS })
  for (const round of [1, 2, 3]) {
    await lines(pty, [`say ${round}`, 'DENYME'])
    await daemon.kill()
    await lines(pty, [`say without ${round}`, 'say more; true'])
    await daemon.start()
  }
  await lines(pty, ['DENYME', 'say end'])
  t.same(said(home), ['1', 'without 1', 'more', '2', 'without 2', 'more', '3', 'without 3', 'more', 'end'])
  const waits = (await readStopwatch(pty, home)).filter((micros) => micros >= WAIT_SECONDS * 1e6)
  t.same(waits, [], 'no line waited')
})

t.test('a daemon that is replaced between two lines answers both, and nothing is said', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  await using pty = await startShell('zsh', home, { before: 'alias ok=DENYME' })
  for (let round = 0; round < 3; round += 1) {
    await lines(pty, ['say a', 'ok', 'DENYME'])
    await daemon.stop()
    await daemon.start()
  }
  await lines(pty, ['ok', 'say end'])
  t.same(said(home), ['a', 'a', 'a', 'end'])
  t.notMatch(pty.transcript, /unchecked|checked again/)
})

t.test('descriptors that a careless script closes are opened again', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  await using pty = await startShell('zsh', home, {
    // What such a script does is done here to each descriptor that is not the terminal's or zsh's own.
    before: 'careless() { local fd; for fd in {11..30}; do { exec {fd}>&- } 2>/dev/null; done; true }',
  })
  for (let round = 0; round < 3; round += 1)
    await lines(pty, ['careless', 'DENYME', 'say a', 'careless', 'say b', 'DENYME'])
  t.same(said(home), ['a', 'b', 'a', 'b', 'a', 'b'])
  t.notMatch(pty.transcript, /unchecked|integer expected|bad file/)
})
