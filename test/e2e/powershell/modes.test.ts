import { join } from 'node:path'
import t from 'tap'
import { PROJECT_DIR } from '../../support/home.ts'
import { openWorld, runInOwnShell } from './run-case.ts'
import type { PowerShellCase } from './run-case.ts'
import { findPowerShell, HOOK_FILE } from './start-powershell.ts'
import type { PowerShellOptions } from './start-powershell.ts'

/** What profiles and people do to their shell: lines are still asked about, and nothing else is different. */

type Mode = Omit<PowerShellCase, 'type' | 'said'> & {
  readonly options?: PowerShellOptions
  /** What is typed before the three lines of every mode. */
  readonly first?: readonly string[]
  readonly type?: readonly string[]
  readonly said?: readonly string[]
}

/** No error of ours or of PowerShell's, and no lost protection. */
const TROUBLE = /unchecked|Exception|not recognized|cannot be retrieved|Error formatting/

const WRAPPER = [
  '$global:theirs = $function:PSConsoleHostReadLine',
  'function global:PSConsoleHostReadLine { $line = $global:theirs.Invoke(); $global:seen += 1; [string]$line }',
].join('\n')

const MODES: readonly Mode[] = [
  {
    title: 'the line that `cmdaid init powershell` prints loads the hook',
    options: {
      hook: false,
      after: `& '${process.execPath}' '${join(PROJECT_DIR, 'src/main.ts')}' init powershell | Out-String | Invoke-Expression`,
    },
  },
  { title: 'a hook that is loaded twice asks once', options: { after: `. '${HOOK_FILE}'` } },
  { title: 'a hook that is loaded again at the prompt asks once', first: [`. '${HOOK_FILE}'`] },
  {
    title: 'strict mode',
    options: { before: 'Set-StrictMode -Version Latest', after: `. '${HOOK_FILE}'` },
    first: ['Set-StrictMode -Version Latest'],
  },
  {
    title: 'errors that stop',
    options: { before: `$ErrorActionPreference = 'Stop'; $PSDefaultParameterValues['*:ErrorAction'] = 'Stop'` },
  },
  { title: 'lines that are traced show nothing of the hook', first: ['Set-PSDebug -Trace 1'], hides: /__cmdaid/ },
  { title: 'PSReadLine imported again in the profile', options: { after: 'Import-Module PSReadLine -Force' } },
  { title: 'PSReadLine imported again at the prompt', first: ['Import-Module PSReadLine -Force'] },
  {
    title: 'PSReadLine removed before the hook: commands of several lines are put together',
    options: { before: 'Remove-Module PSReadLine' },
    type: ['say a', 'DENYME', 'if ($true) {\rDENYME\r}', 'if ($true) {\rsay c\r}', 'say b'],
    said: ['a', 'c', 'b'],
    refusals: 2,
  },
  { title: 'PSReadLine removed at the prompt', first: ['Remove-Module PSReadLine'] },
  {
    title: 'a prompt that is defined after the hook',
    options: { after: "function prompt { 'theirs @@> ' }" },
    shows: /theirs @@> /,
  },
  {
    title: 'a prompt that is defined at the prompt is kept and wrapped again',
    first: ["function prompt { 'theirs @@> ' }"],
    type: ['say a', 'DENYME', 'say b', 'say ($function:prompt -like "*theirs*")'],
    said: ['a', 'b', 'False'],
    shows: /theirs @@> .*theirs @@> /s,
  },
  { title: 'a reader that wraps the one before us', options: { before: WRAPPER } },
  { title: 'a reader that wraps ours', options: { after: WRAPPER } },
  {
    title: 'a reader that takes our place: one line runs unasked, the next is asked about',
    first: [
      'function PSConsoleHostReadLine { [Microsoft.PowerShell.PSConsoleReadLine]::ReadLine($Host.Runspace, $ExecutionContext, $true) }',
      'say missed',
    ],
    said: ['missed', 'a', 'b'],
  },
  {
    title: 'a reader that fails or gives more than a line: the next line is still asked about',
    options: {
      before:
        'function PSConsoleHostReadLine { $global:calls += 1; if ($global:calls -lt 3) { 1; 2 } else { throw 1 } }',
    },
  },
  {
    title: 'a language mode set after the hook',
    first: ["$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'"],
  },
  {
    title: 'a language mode set before the hook: it stays away without a word',
    options: { before: "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'", waitSeconds: 10 },
    type: ["'a'", "'b'"],
    said: [],
    refusals: 0,
  },
  {
    title: 'no profile, no hook',
    options: { args: ['-NoProfile', '-NoExit', '-Command', "function prompt { '@@> ' }"] },
    type: ["'a'"],
    said: [],
    refusals: 0,
    hides: /cmdaid/,
  },
  { title: 'a terminal that can do little', options: { env: { TERM: 'dumb' } } },
  {
    title: 'a shell whose first command is given',
    options: { args: ['-NoExit', '-Command', 'say given'] },
  },
]

const found = findPowerShell()
if ('skip' in found) t.plan(0, found.skip)
else {
  const world = await openWorld(found.program)
  for (const { options = {}, first = [], type = ['say a', 'DENYME', 'say b'], said = ['a', 'b'], ...rest } of MODES) {
    await runInOwnShell(world, options, { refusals: 1, hides: TROUBLE, ...rest, type: [...first, ...type], said })
  }
}
