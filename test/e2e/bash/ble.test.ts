import t from 'tap'
import { appliesTo } from '../../../src/conformance/case.ts'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import { neighbour } from '../../support/neighbours.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import type { PtyShell } from '../../support/pty.ts'
import { askedLines, endedLines, readRecord } from '../../support/record.ts'
import { forgetSaid, said, sayLog, startShell, testedProgram } from '../../support/shell-rc.ts'
import type { ShellOptions } from '../../support/shell-rc.ts'
import { testShellsOf } from '../../support/shells.ts'
import { until } from '../../support/until.ts'
import { versionOf } from '../run-case.ts'

/**
 * Under ble.sh, which reads the keys and runs the lines itself: the one that `scripts/test-shells` fetches and the one
 * that CMDAID_TEST_BLESH names.
 */

const FETCHED = neighbour('ble.sh')
const GIVEN =
  process.env['CMDAID_TEST_BLESH'] === undefined
    ? { name: 'ble.sh', version: 'another', path: null, skip: 'set CMDAID_TEST_BLESH to a ble.sh to test it' }
    : neighbour('ble.sh', 'CMDAID_TEST_BLESH')

/** Redrawn prompts are not new ones: each has the number of its line, which ble.sh counts. */
const NUMBERED = `PS1='<\\#>@@> '; bleopt prompt_eol_mark= exec_elapsed_enabled=0 complete_auto_complete=; alias ok=DENYME`

const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

const ORDERS: Readonly<Record<string, (file: string) => ShellOptions>> = {
  'loaded before the hook': (file) => ({ before: `source '${file}'`, after: NUMBERED }),
  'loaded before the hook and attached after it': (file) => ({
    before: `source '${file}' --attach=none`,
    after: `${NUMBERED}; ble-attach`,
  }),
  'loaded and attached before the hook': (file) => ({
    before: `source '${file}' --attach=none; ${NUMBERED}; ble-attach`,
  }),
  'loaded after the hook': (file) => ({ after: `source '${file}'; ${NUMBERED}` }),
  'loaded after the hook and attached at once': (file) => ({
    after: `source '${file}' --attach=none; ${NUMBERED}; ble-attach`,
  }),
}

/** That the test command has fetched besides. */
const others = testShellsOf('bash').found.flatMap(({ version, path }) =>
  ['5.1', '5.3'].includes(version) && path !== testedProgram('bash')
    ? [{ name: `bash ${version}`, program: path }]
    : [],
)

const older = !appliesTo({ shells: ['bash>=5.1'] }, 'bash', versionOf('bash'))

for (const { version, path, skip: missing } of [FETCHED, GIVEN]) {
  await t.test(
    `bash: with ble.sh (${version}) a bash before 5.1 says that it is not governed`,
    { skip: missing || (!older && 'it is governed in this one') },
    async (t) => {
      await using world = await start({ after: `source '${path}'; ${NUMBERED}` })
      await world.line('say a')
      t.match(world.pty.transcript, /cmdaid: this ble\.sh \(.*\) cannot be governed: commands run unchecked/)
      t.equal(outcomes(await world.recorded()).at(-1), 'failed')
    },
  )

  const skip = missing || (older && 'ble.sh is not governed before bash 5.1')
  for (const [order, options] of Object.entries(ORDERS)) {
    await t.test(`bash: with ble.sh (${version}) ${order}, each line is asked about once`, { skip }, async (t) => {
      await using world = await start(options(path ?? ''))
      const { pty, line, recorded } = world
      const refused = ['say b; DENYME && say no', ' DENYME', 'DENYME | say no']
      await line('say a')
      await line('DENYME; say no')
      await line('say $?')
      for (const text of refused) await line(text)
      await line('WARNME')
      pty.paste('for i in 1 2; do\nsay $i\ndone')
      // In a text of several lines, Enter begins one more; this runs it.
      pty.type('\n')
      await line.end()
      await line('true x y')
      await line('DENYME')
      await line('say "$_"')
      await line('true | false | (exit 4)')
      await line('say $?')
      await line('set -u; set -f')
      await line('DENYME z')
      await line('set +u; set +f')
      await line('ok')
      await line('say end')
      t.same(said(home), ['a', '130', 'WARNME ran', '1', '2', 'y', '4', 'end'])
      const entries = await until('the end of the last line', async () => {
        const found = await recorded()
        return endedLines(found).length === 18 ? found : null
      })
      t.same(askedLines(entries).map(String), [
        'say a',
        'DENYME; say no',
        'say $?',
        ...refused,
        'WARNME',
        'for i in 1 2; do\nsay $i\ndone',
        'true x y',
        'DENYME',
        'say "$_"',
        'true | false | (exit 4)',
        'say $?',
        'set -u; set -f',
        'DENYME z',
        'set +u; set +f',
        'ok',
        'say end',
      ])
      t.same(
        endedLines(entries).map((row) => row.replace(/^\d+:/, '')),
        [
          'finished:0',
          'denied:130',
          'finished:0',
          'denied:130',
          'denied:130',
          'denied:130',
          'finished:0',
          'finished:0',
          'finished:0',
          'denied:130',
          'finished:0',
          'finished:4',
          'finished:0',
          'finished:0',
          'denied:130',
          'finished:0',
          'denied:130',
          'finished:0',
        ],
      )
      // One that a busy machine answers too late is sent again.
      t.equal(outcomes(entries).at(-1), 'enforced')
      t.equal(entries.filter((entry) => entry.record === 'SESSION_GAP').length, 0)
      t.equal(pty.transcript.split('cmdaid: denied:').length - 1, 7)
      t.notMatch(pty.transcript, /unchecked|__cmdaid|unbound/)
      if (t.counts.fail > 0) t.comment(plain(pty.transcript))
    })
  }

  // What Ctrl-C does to a child that asks differs from one bash to the next.
  for (const { name, program } of [{ name: 'bash', program: testedProgram('bash') }, ...others]) {
    await t.test(
      `${name}: with ble.sh (${version}) a reason runs a line, and none or Ctrl-C does not`,
      { skip },
      async (t) => {
        await using world = await start({ program, after: `source '${path}'; ${NUMBERED}` })
        const { pty, line, recorded } = world
        const confirm = async (answer: string): Promise<void> => {
          line.begin('CONFIRMME')
          await pty.waitForText('empty to cancel): ')
          pty.type(answer)
          await line.end()
        }
        await confirm('a good reason\r')
        await confirm('\r')
        await confirm('\x03')
        await line('say $?')
        pty.type('say partial')
        await pty.waitForText('partial')
        pty.type('\x03')
        await line('say after')
        line.begin(`sh -c 'echo x >>"$0"; exec sleep 100' '${sayLog(home)}'`)
        await until('the line to run', () => said(home).at(-1) === 'x')
        pty.type('\x03')
        await line.end()
        await line('say $?')
        await line('say end')
        t.same(said(home), ['CONFIRMME ran', '130', 'after', 'x', '130', 'end'])
        const entries = await recorded()
        t.same(
          entries.filter((entry) => entry.record === 'ANSWER').map(({ execution }) => execution?.allowed),
          [true, false, false],
        )
        if (t.counts.fail > 0) t.comment(plain(pty.transcript))
      },
    )
  }

  await t.test(
    `bash: with ble.sh (${version}) a refused line is in the history once, to be edited`,
    { skip },
    async (t) => {
      await using world = await start({ after: `source '${path}'; ${NUMBERED}` })
      const { pty, line } = world
      await line('say a')
      await line('DENYME; say history')
      await line('say "$(history | grep -c "DENYME; say histor[y]")"')
      // Up twice, and the refused word becomes a harmless one.
      await line('\x1b[A\x1b[A\x01\x1bdsay')
      t.same(said(home), ['a', '1', '', 'history'])
      if (t.counts.fail > 0) t.comment(plain(pty.transcript))
    },
  )

  await t.test(
    `bash: when ble.sh (${version}) is left, the shell itself asks, from the first line on`,
    { skip },
    async (t) => {
      await using world = await start({ after: `source '${path}'; ${NUMBERED}; HISTCONTROL=ignoreboth` })
      const { pty, line, recorded } = world
      await line('say a')
      line.begin('ble-detach')
      // ble.sh leaves ` stty sane;` there, which begins with a blank: no history tells what the line says.
      await pty.waitForText('stty sane;')
      pty.type('say b; DENYME\r')
      await pty.waitForPrompt()
      await pty.line('say $?')
      await pty.line('say c; DENYME')
      await pty.line(' DENYME; say no')
      await pty.line('(DENYME; say no)')
      await pty.line('for i in 1 2; do say $i; done')
      pty.type('ble-attach\r')
      await pty.waitForText('@@> ')
      pty.type('DENYME; say no\r')
      await pty.waitForText('cmdaid: denied')
      pty.type('ble-reload\r')
      await pty.waitForText('reload]')
      await pty.waitForText('@@> ')
      pty.type('DENYME; say no\r')
      await pty.waitForText('cmdaid: denied')
      pty.type('say end\r')
      await until('the last line to run', () => said(home).at(-1) === 'end')
      t.match(said(home), ['a', 'b', /^(?:1|130)$/, '1', '2', 'end'])
      t.equal((await recorded()).filter((entry) => entry.record === 'SESSION_GAP').length, 0)
      if (t.counts.fail > 0) t.comment(plain(pty.transcript))
    },
  )
}

await t.test('bash: a ble.sh that cannot be governed is told of, and no canary says otherwise', async (t) => {
  // What ble.sh before 0.4 shows of itself.
  await using world = await start({
    before: `BLE_VERSION=0.3.4; _ble_attached=1; ble-attach() { _ble_attached=1; }; ble-detach() { _ble_attached=; }`,
  })
  const { pty, recorded } = world
  await pty.line('say a')
  t.match(pty.transcript, /cmdaid: this ble\.sh \(0\.3\.4\) cannot be governed: commands run unchecked/)
  await pty.line('__cmdaid_canary')
  await pty.line('ble-detach')
  await pty.line('DENYME; say no')
  t.same(said(home), ['a'])
  const shown = await until('the outcomes of canaries', async () => {
    const found = outcomes(await recorded())
    return found.length >= 3 ? found : null
  })
  t.same(shown, ['failed', 'failed', 'enforced'])
  t.equal(pty.transcript.split('cannot be governed').length - 1, 1)
  if (t.counts.fail > 0) t.comment(plain(pty.transcript))
})

type Entries = Awaited<ReturnType<typeof readRecord>>
type Line = {
  /** Types a line and waits for the prompt after it. */
  (text: string): Promise<void>
  begin: (text: string) => void
  end: () => Promise<void>
}
/** `recorded` is what the record got since this shell began. */
type World = AsyncDisposable & {
  readonly pty: PtyShell
  readonly line: Line
  readonly recorded: () => Promise<Entries>
}

async function start(options: ShellOptions): Promise<World> {
  forgetSaid(home)
  const before = (await readRecord(home)).length
  const pty = await startShell('bash', home, { ...options, env: { USER: 'someone' } })
  let number = 1
  const begin = (text: string): void => pty.type(`${text}\r`)
  const end = async (): Promise<void> => pty.waitForText(`<${(number += 1)}>@@> `)
  const line = async (text: string): Promise<void> => {
    begin(text)
    await end()
  }
  return {
    pty,
    line: Object.assign(line, { begin, end }),
    recorded: async () => (await readRecord(home)).slice(before),
    [Symbol.asyncDispose]: async () => pty[Symbol.asyncDispose](),
  }
}

function outcomes(entries: Entries): readonly unknown[] {
  return entries.filter((entry) => entry.record === 'CANARY').map(({ details }) => details['outcome'])
}

function plain(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\x1b(?:\[[\d;?>]*[a-zA-Z]|[()][A-Z0-9]|[78=>])/g, '')
}
