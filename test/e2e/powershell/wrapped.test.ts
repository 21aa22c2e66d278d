import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { PtyShell } from '../../support/pty.ts'
import { forgetSaid, said } from '../../support/shell-rc.ts'
import { count } from '../run-case.ts'
import { openWorld } from './run-case.ts'
import { linesOfSession } from '../lines-of-session.ts'
import { findPowerShell, HOOK_FILE, startPowerShell } from './start-powershell.ts'
import type { PowerShellOptions } from './start-powershell.ts'

/** What keeps the prompt and the reader that it finds and calls them from its own, as editors and environments do. */

/** An editor's: `{` and `}` around the prompt, `<LINE>` before a line runs, `!STATUS` once it has ended. */
const EDITOR = `
$global:editor = @{ Prompt = $function:prompt; Reader = $function:PSConsoleHostReadLine; Runs = $false }
function global:prompt {
  $failed = [int]!$global:?
  $marks = if ($global:editor.Runs) { "[!$failed]" } else { '' }
  $global:editor.Runs = $false
  if ($failed) { Write-Error failure -ErrorAction Ignore }
  $theirs = $global:editor.Prompt.Invoke()
  "$marks[{]$theirs[}]"
}
function global:PSConsoleHostReadLine {
  $line = $global:editor.Reader.Invoke()
  $global:editor.Runs = $true
  [Console]::Write("[<$line>]")
  $line
}`

/** An environment's: it puts the prompt aside under another name, and back. */
const ENVIRONMENT = `
function activate {
  Copy-Item function:prompt function:global:prompt_before
  function global:prompt { '(on) ' + (prompt_before) }
}
function deactivate {
  Copy-Item function:prompt_before function:global:prompt
  Remove-Item function:prompt_before
}`

const THEME = `function global:prompt { 'theme @@> ' }`

/** Each of these calls what it found only now and then. */
const FITFUL = `
$global:fitful = @{ Prompt = $function:prompt; Reader = $function:PSConsoleHostReadLine; Prompts = 0; Lines = 0 }
function global:prompt {
  $global:fitful.Prompts += 1
  if ($global:fitful.Prompts % 2) { & $global:fitful.Prompt } else { '@@> ' }
}
function global:PSConsoleHostReadLine {
  $global:fitful.Lines += 1
  if ($global:fitful.Lines % 2) { & $global:fitful.Reader }
  else { [Microsoft.PowerShell.PSConsoleReadLine]::ReadLine($Host.Runspace, $ExecutionContext, $true) }
}`

/** Calls nobody. */
const ALONE =
  'function PSConsoleHostReadLine { [Microsoft.PowerShell.PSConsoleReadLine]::ReadLine($Host.Runspace, $ExecutionContext, $true) }'

const LINES = ['say a', 'DENYME', "sh -c 'exit 3'", 'say b', 'Get-Item /nowhere', 'say c']
const RECORD = [
  '1 allow say a',
  '1 finished 0',
  '2 deny DENYME',
  '2 denied 0',
  "3 allow sh -c 'exit 3'",
  '3 finished 3',
  '4 allow say b',
  '4 finished 0',
  '5 allow Get-Item /nowhere',
  '5 finished 1',
  '6 allow say c',
  '6 finished 0',
]

const found = findPowerShell()
if ('skip' in found) t.plan(0, found.skip)
else {
  const world = await openWorld(found.program)
  const { home } = world
  const file = join(home.dir, 'editor.ps1')
  writeFileSync(file, EDITOR)

  const start = (options: PowerShellOptions): Promise<PtyShell> => {
    forgetSaid(home)
    return startPowerShell(world.program, home, options)
  }

  /** Every line is asked about once, and the refused one does not run. */
  const check = async (t: Test, pty: PtyShell): Promise<void> => {
    for (const line of LINES) await pty.line(line)
    t.strictSame(said(home), ['a', 'b', 'c'])
    t.equal(count(pty.transcript, 'cmdaid: denied:'), 1)
    t.strictSame(await linesOfSession(home, LINES.length), RECORD)
    t.notMatch(pty.transcript, /unchecked|call depth|cannot be found/)
  }

  const marks = (pty: PtyShell): readonly string[] =>
    // eslint-disable-next-line no-control-regex
    [...pty.transcript.replaceAll(/\x1b\[[0-9;?]*[a-zA-Z]/g, '').matchAll(/\[([{}]|<.*?>|![01])\]/g)].map(
      ([, mark]) => mark!,
    )

  /** All the marks of a session with LINES, where the editor sees `refused` in the place of the refused one. */
  const marksOf = (refused: string): readonly string[] => {
    const lines = LINES.map((line) => (line === 'DENYME' ? refused : line))
    return ['{', '}', ...lines.flatMap((line) => [`<${line}>`, `!${/^(sh|Get)/.test(line) ? 1 : 0}`, '{', '}'])]
  }

  const EDITORS: readonly (readonly [string, PowerShellOptions, refused: string])[] = [
    ['before the hook', { before: EDITOR }, 'DENYME'],
    ['after the hook', { after: EDITOR }, ''],
    ['after the profile', { args: ['-NoExit', '-Command', `try { . '${file}' } catch {}`] }, ''],
    ['after a theme that took the place of our prompt', { after: `${THEME}\n${EDITOR}` }, ''],
  ]
  for (const [title, options, refused] of EDITORS) {
    await t.test(`an editor's integration that is loaded ${title}`, async (t) => {
      await using pty = await start(options)
      await check(t, pty)
      t.strictSame(marks(pty), marksOf(refused))
    })
  }

  await t.test("an editor's integration that is loaded at the prompt", async (t) => {
    await using pty = await start({})
    await pty.line(`. '${file}'`)
    for (const line of LINES) await pty.line(line)
    t.strictSame(said(home), ['a', 'b', 'c'])
    t.equal(count(pty.transcript, 'cmdaid: denied:'), 1)
    t.strictSame(marks(pty), marksOf(''))
  })

  await t.test("an editor's integration whose prompt a theme takes the place of", async (t) => {
    await using pty = await start({ after: `${EDITOR}\n${THEME}` })
    await check(t, pty)
    t.equal(count(pty.transcript, 'theme @@> '), LINES.length + 1)
  })

  await t.test('two integrations, one within the other', async (t) => {
    await using pty = await start({ after: `${EDITOR}\n${EDITOR.replaceAll('$global:editor', '$global:other')}` })
    await check(t, pty)
  })

  await t.test('an environment that is activated and left', async (t) => {
    await using pty = await start({ before: ENVIRONMENT })
    await pty.line('activate')
    const from = pty.transcript.length
    for (const line of LINES) await pty.line(line)
    t.equal(count(pty.transcript.slice(from), '(on) @@> '), LINES.length)
    await pty.line('deactivate')
    const left = pty.transcript.length
    for (const line of LINES) await pty.line(line)
    t.notMatch(pty.transcript.slice(left), /\(on\)/)
    t.strictSame(said(home), ['a', 'b', 'c', 'a', 'b', 'c'])
    t.equal(count(pty.transcript, 'cmdaid: denied:'), 2)
  })

  await t.test('functions that call what they found only now and then', async (t) => {
    await using pty = await start({ after: FITFUL })
    await check(t, pty)
  })

  await t.test('a reader in the profile that calls nobody', async (t) => {
    await using pty = await start({ after: ALONE })
    await check(t, pty)
  })

  await t.test('a reader that gives another line than it has from ours', async (t) => {
    const changes = "$line = $global:theirs.Invoke(); if ($line -eq 'say x') { 'DENYME' } else { [string]$line }"
    await using pty = await start({
      after: `$global:theirs = $function:PSConsoleHostReadLine; function PSConsoleHostReadLine { ${changes} }`,
    })
    for (const line of ['say a', 'say x', 'say b']) await pty.line(line)
    t.strictSame(said(home), ['a', 'b'])
    t.equal(count(pty.transcript, 'cmdaid: denied:'), 1)
  })

  await t.test('unloaded, what calls ours still works, and the hook can be loaded again', async (t) => {
    await using pty = await start({ after: `${EDITOR}\n$global:mine = $function:prompt` })
    await pty.line('say a')
    await pty.line('__cmdaid_unload')
    for (const line of [
      'DENYME',
      'say b',
      'say ($function:prompt -eq $mine) (Get-Command __cmdaid*).Count $Error.Count',
    ]) {
      await pty.line(line)
    }
    t.strictSame(said(home), ['a', 'DENYME ran', 'b', 'True 0 0'])
    t.strictSame(marks(pty).slice(-8), ['<say b>', '!0', '{', '}', marks(pty).at(-4)!, '!0', '{', '}'])
    await pty.line(`. '${HOOK_FILE}'; $__cmdaid.Wait = 10`)
    forgetSaid(home)
    const from = marks(pty).length
    const shown = pty.transcript.length
    for (const line of LINES) await pty.line(line)
    t.strictSame(said(home), ['a', 'b', 'c'])
    t.equal(count(pty.transcript.slice(shown), 'cmdaid: denied:'), 1)
    t.strictSame(marks(pty).slice(from), marksOf('').slice(2))
    t.strictSame(await linesOfSession(home, LINES.length), RECORD)
  })
}
