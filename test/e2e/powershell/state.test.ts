import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { typeConfirmed } from '../../support/confirm.ts'
import { forgetSaid, said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { endedLines, readRecord } from '../../support/record.ts'
import { openWorld } from './run-case.ts'
import { findPowerShell, startPowerShell } from './start-powershell.ts'
import type { PowerShellOptions } from './start-powershell.ts'

/** What a person can see of their shell's state is the same with and without the hook. */

const PROMPT_THAT_LOOKS = `function prompt { say "prompt $? $LASTEXITCODE"; '@@> ' }`

const LOOKED_AT: readonly string[] = [
  'sh -c "exit 7"',
  'say $? $LASTEXITCODE $Error.Count',
  'Get-Item /nowhere',
  'say $? $LASTEXITCODE $Error.Count "$($Error[0])"',
  'say "[$^]" "[$$]"',
  'throw "mine"',
  'say $? $Error.Count "$($Error[0])"',
  'nosuchcommand',
  'say $?',
  'sh -c "exit 0"',
  'say $? $LASTEXITCODE',
  'Write-Error mine; say x',
  'say $? $Error.Count',
  '',
  'say $?',
  'say $MyInvocation.HistoryId (Get-History).Count',
  'say (Get-History | ForEach-Object CommandLine)',
  'say (Get-Module | ForEach-Object Name)',
  'say $args.Count $input.Count (Get-PSCallStack).Count',
  'say ([Environment]::CurrentDirectory) $PWD',
]

const found = findPowerShell()
if ('skip' in found) t.plan(0, found.skip)
else {
  const world = await openWorld(found.program)
  const { home } = world

  const whatIsSaid = async (options: PowerShellOptions, lines: readonly string[]): Promise<readonly string[]> => {
    forgetSaid(home)
    await using pty = await startPowerShell(world.program, home, options)
    for (const line of lines) await pty.line(line)
    await pty.line('say end')
    await until('the last line', () => said(home).includes('end'))
    return said(home)
  }

  await t.test('statuses, errors, history and the prompt look the same', async (t) => {
    const before = { before: PROMPT_THAT_LOOKS }
    const bare = await whatIsSaid({ ...before, hook: false }, LOOKED_AT)
    t.ok(bare.includes('False 7 0') && bare.includes('prompt False 7'), 'the lines look at what they should')
    t.same(await whatIsSaid(before, LOOKED_AT), bare)
    t.same(await whatIsSaid({ after: PROMPT_THAT_LOOKS }, LOOKED_AT), bare, 'also when the prompt is defined later')
  })

  await t.test('a refused line changes nothing that the next one could see', async (t) => {
    const look = 'say $? $LASTEXITCODE $Error.Count "[$^]" "[$$]" $MyInvocation.HistoryId'
    const bare = await whatIsSaid({ hook: false }, ['sh -c "exit 7"', '', look])
    const hooked = await whatIsSaid({}, ['sh -c "exit 7"', 'DENYME', look])
    t.same(hooked, bare)
  })

  await t.test('the record tells how each line ended', async (t) => {
    const from = endedLines(await readRecord(home)).length
    await whatIsSaid({}, [
      'say a',
      'sh -c "exit 7"',
      'Get-Item /nowhere',
      'DENYME',
      'sh -c "exit 7"',
      'throw 1',
      'nosuchcommand',
      'sh -c "exit 300"',
    ])
    const ended = await until('the ends to be recorded', async () => {
      const all = endedLines(await readRecord(home)).slice(from)
      return all.length >= 8 ? all : null
    })
    t.same(ended.slice(0, 8), [
      '1:finished:0',
      '2:finished:7',
      '3:finished:1',
      '4:denied:1',
      '5:finished:7',
      '6:finished:1',
      '7:finished:1',
      '8:finished:44',
    ])
  })

  await t.test('the record tells where each line ran', async (t) => {
    const lines = [
      'say 1',
      'Set-Location /',
      'say 2',
      'Push-Location /usr; say 3',
      'say 4',
      'Set-Location Env:',
      'say 5',
      'Pop-Location',
      'say 6',
    ]
    const from = (await readRecord(home)).length
    await whatIsSaid({}, lines)
    const places = await until('the lines in the record', async () => {
      const asked = (await readRecord(home)).slice(from).filter(({ record }) => record === 'PREEXEC')
      return asked.length > lines.length ? asked.map(({ command }) => command?.working_directory) : null
    })
    t.same(places.slice(0, lines.length), [home.dir, home.dir, '/', '/', '/usr', '/usr', '/usr', '/usr', '/'])
  })

  await t.test('a reason lets a line run that asks for one; none, blanks, Ctrl-C and Ctrl-D do not', async (t) => {
    forgetSaid(home)
    const from = (await readRecord(home)).length
    await using pty = await startPowerShell(world.program, home)
    for (const answer of ['becaux\x7fse é\r', '\r', '   \r', 'half\x03', '\x04'])
      await typeConfirmed(pty, 'CONFIRMME', answer)
    await pty.line('say after')
    t.same(said(home), ['CONFIRMME ran', 'after'])
    await until('the reason in the record', async () =>
      (await readRecord(home)).slice(from).some((entry) => JSON.stringify(entry).includes('because é')),
    )
  })

  await t.test('a session proves itself with the canary and says nothing of it', async (t) => {
    const from = (await readRecord(home)).length
    await using pty = await startPowerShell(world.program, home)
    await pty.line('__cmdaid_canary')
    const proofs = await until('two proofs', async () => {
      const all = (await readRecord(home)).slice(from).filter(({ record }) => record === 'CANARY')
      return all.length >= 2 ? all : null
    })
    t.equal(proofs.length, 2)
    t.notMatch(pty.transcript, /denied|unchecked/)
  })

  await t.test('a session that ends says so', async (t) => {
    const closed = async (): Promise<number> =>
      (await readRecord(home)).filter(({ record }) => record === 'SESSION_CLOSE').length
    const before = await closed()
    await using pty = await startPowerShell(world.program, home)
    pty.type('exit 3\r')
    t.same(await pty.waitForExit(), { exitCode: 3, signal: 0 })
    await until('the end of the session', async () => (await closed()) > before)
  })

  await t.test('unloaded, the shell is as it was before', async (t) => {
    forgetSaid(home)
    await using pty = await startPowerShell(world.program, home)
    await pty.line('say a')
    await pty.line('__cmdaid_unload')
    await pty.line('DENYME')
    await pty.line('say (Get-Variable __cmdaid*).Count (Get-Command __cmdaid*).Count $function:prompt')
    await pty.line(
      'say ($function:PSConsoleHostReadLine -like "*PSConsoleReadLine*") (Get-EventSubscriber -Force).Count $Error.Count',
    )
    t.same(said(home), ['a', 'DENYME ran', `0 0  '@@> ' `, 'True 0 0'])
    t.equal(fifosOpenIn(pty.pid), 0, 'no FIFO is left open')
  })

  await t.test('programs inherit no descriptor of ours', async (t) => {
    forgetSaid(home)
    await using pty = await startPowerShell(world.program, home)
    await pty.line('say a')
    t.equal(fifosOpenIn(pty.pid), 2, 'the shell holds its two')
    await pty.line(`sh -c 'ls -l /proc/self/fd' | Select-String cmdaid | ForEach-Object { say leaked }`)
    await pty.line('say b')
    t.same(said(home), ['a', 'b'])
  })

  await t.test('a prompt whose function fails is still a prompt', async (t) => {
    t.same(await whatIsSaid({ after: `function prompt { [Console]::Write('@@> '); throw 1 }` }, ['say a', 'DENYME']), [
      'a',
      'end',
    ])
  })
}

/** How many FIFOs of sessions a process has open; 0 where that cannot be seen. */
function fifosOpenIn(pid: number): number {
  const folder = `/proc/${pid}/fd`
  if (!existsSync(folder)) return 0
  return readdirSync(folder).filter((fd) => {
    try {
      return /\/cmdaid\/s\/[0-9a-f]+\/re[qp]$/.test(readlinkSync(join(folder, fd)))
    } catch {
      return false
    }
  }).length
}
