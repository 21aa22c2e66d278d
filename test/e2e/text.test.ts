import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import type { PtyShell } from '../support/pty.ts'
import { askedLines, readRecord } from '../support/record.ts'
import { said, startShell } from '../support/shell-rc.ts'
import type { HookedShell } from '../support/shell-rc.ts'
import { until } from '../support/until.ts'

/** The text of a line reaches the daemon byte for byte, whatever it holds and however long it is. */

const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)))

/** Ctrl-V makes readline and zle take the next key as it is. */
const QUOTED = '\x16'

/** Ctrl-T puts the file `line` into the editor: typing so much would take the editor seconds, which are not the hook's. */
const FROM_FILE: Readonly<Record<HookedShell, string>> = {
  bash: `__test_line() { READLINE_LINE=$(<line); }; bind -x '"\\C-t":__test_line'`,
  zsh: `__test_line() { BUFFER=$(<line) }; zle -N __test_line; bindkey '^T' __test_line`,
}

const HOSTILE: readonly {
  readonly name: string
  readonly typed: Buffer
  readonly line?: Buffer
}[] = [
  { name: 'quotes and backslashes', typed: bytes(`: 'a"b' "c'd" \\e \\\\0 $'\\x41' \`:\` %n %s \\0 \\n`) },
  { name: 'expansions', typed: bytes(': $(printf x) ${HOME} $((1+1)) {a,b} * ? [a] ~ !') },
  { name: 'characters of two, three and four bytes', typed: bytes(': ä € 𝄞 👩‍👩‍👧 é') },
  {
    name: 'control bytes',
    typed: bytes(": '", QUOTED, '\x1b', '[2J', QUOTED, '\x07', QUOTED, '\x01', "'"),
    line: bytes(": '\x1b[2J\x07\x01'"),
  },
  { name: 'trailing blanks and comments', typed: bytes(': a  b   # DENYME  ') },
]

for (const shell of ['bash', 'zsh'] as const) {
  await t.test(`${shell}: hostile text arrives as it was typed`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    await using pty = await startShell(shell, home, {
      before:
        shell === 'bash'
          ? "bind 'set meta-flag on'; bind 'set convert-meta off'; set +H"
          : 'setopt interactivecomments nobanghist',
    })
    t.ok(daemon.pid > 0)
    for (const { typed } of HOSTILE) await pty.line(typed)
    const lines = await until('the record of all lines', async () => {
      const asked = askedLines(await readRecord(home))
      return asked.length >= HOSTILE.length ? asked : null
    })
    t.same(
      lines.map((line) => line.toString('latin1')),
      HOSTILE.map(({ typed, line }) => (line ?? typed).toString('latin1')),
    )
  })

  await t.test(`${shell}: bytes that are not UTF-8 arrive as they are`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    // Under a UTF-8 locale the editors themselves replace them.
    await using pty = await startShell(shell, home, { after: FROM_FILE[shell], env: { LC_ALL: 'C' } })
    t.ok(daemon.pid > 0)
    const line = bytes(": '", [0xff, 0xfe, 0xc3, 0x28, 0x80], "'")
    await runFromFile(pty, home.dir, line)
    const asked = await until('the record of the line', async () => {
      const lines = askedLines(await readRecord(home))
      return lines.length > 0 ? lines : null
    })
    t.same(
      asked.map((text) => text.toString('latin1')),
      [line.toString('latin1')],
    )
  })

  await t.test(`${shell}: an explanation prints no control bytes of the line`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    await using pty = await startShell(shell, home)
    t.ok(daemon.pid > 0)
    const shown = await pty.line(`DENYME '${QUOTED}\x1b[31m${QUOTED}\x07'`)
    const explanation = shown.slice(shown.indexOf('cmdaid: denied'), shown.lastIndexOf('cmdaid:'))
    t.match(explanation, /cmdaid: denied/)
    // eslint-disable-next-line no-control-regex
    t.notMatch(explanation, /[\x00-\x09\x0b\x0c\x0e-\x1f]/)
  })

  for (const kilobytes of [3, 15, 17, 60, 200]) {
    await t.test(
      `${shell}: a line of ${kilobytes} kB is judged to its end, and the next one is framed well`,
      async (t) => {
        using home = makeTemporaryHome({ policy: TEST_POLICY })
        await using daemon = await TestDaemon.start(home)
        await using pty = await startShell(shell, home, { after: FROM_FILE[shell] })
        t.ok(daemon.pid > 0)
        const long = `: ${'x'.repeat(kilobytes * 1024 - 20)}; say long; DENYME`
        await runFromFile(pty, home.dir, long)
        await pty.line('say end')
        await pty.line('DENYME')
        await pty.line('say end2')
        const asked = await until('the record of the lines', async () => {
          const lines = askedLines(await readRecord(home))
          return lines.some((line) => line.includes('end2')) ? lines : null
        })
        const kept = asked.filter((line) => line.includes('xxxx')).map((line) => line.length)
        t.same(kept, [Math.min(long.length, 32_768)], 'the record keeps it, or its beginning')
        await until('the last line to run', () => said(home).at(-1) === 'end2')
        // Above the bound of the analysis a line is judged by its length, not by what it holds.
        if (kilobytes < 64) t.same(said(home), ['end', 'end2'])
      },
    )
  }
}

async function runFromFile(pty: PtyShell, dir: string, text: string | Uint8Array): Promise<void> {
  writeFileSync(join(dir, 'line'), text)
  pty.type('\x14')
  await pty.line('')
}
