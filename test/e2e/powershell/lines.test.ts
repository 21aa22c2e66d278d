import t from 'tap'
import { said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { openWorld, runInOneShell } from './run-case.ts'
import type { PowerShellCase } from './run-case.ts'
import { findPowerShell } from './start-powershell.ts'

/** Kinds of lines: each is asked about once, as a whole, before any of it runs. */

const CASES: readonly PowerShellCase[] = [
  { title: 'a line that may run runs once', type: ['say a'], said: ['a'], refusals: 0, hides: /cmdaid:/ },
  { title: 'a refused line does not run', type: ['DENYME', 'say b'], said: ['b'], refusals: 1 },
  {
    title: 'nothing of a line runs when a part of it is refused',
    type: ['say a; DENYME; say b', 'say a && DENYME', 'DENYME || say b', 'say a | DENYME', 'DENYME | Out-Null'],
    said: [],
    refusals: 5,
  },
  { title: 'a refused line starts no job', type: ['DENYME &', 'say (Get-Job).Count'], said: ['0'], refusals: 1 },
  {
    title: 'a refused line makes no file',
    type: ['DENYME > made.txt', 'say (Test-Path made.txt)'],
    said: ['False'],
    refusals: 1,
  },
  {
    title: 'a command of several lines is asked about as one',
    type: ['if ($true) {\rDENYME\r}', 'if ($true) {\rsay a\r}', 'say b `\rc'],
    said: ['a', 'b c'],
    refusals: 1,
  },
  {
    title: 'the text of a here-string is text',
    type: ["say @'\rtwo\rlines\r'@"],
    said: ['two', 'lines'],
  },
  {
    title: 'a pipeline over several lines runs whole or not at all',
    type: ['1, 2 |\rForEach-Object { say $_ }', '1, 2 |\rForEach-Object { DENYME }'],
    said: ['1', '2'],
    refusals: 1,
  },
  {
    title: 'functions, loops and script blocks that would run it are refused',
    type: ['function f { DENYME }; f', 'foreach ($i in 1..3) { DENYME }', '& { DENYME }', '$x = DENYME', '$(DENYME)'],
    said: [],
    refusals: 5,
  },
  {
    title: 'empty lines, blank lines and comments do nothing',
    type: ['', '   ', '# DENYME is only mentioned', 'say a'],
    said: ['a'],
    refusals: 0,
    hides: /cmdaid:/,
  },
  {
    title: 'Ctrl-C leaves a line that was begun',
    type: async (pty) => {
      pty.type('DENYME')
      // Until PSReadLine reads keys, the terminal would make a signal of it and forget what was typed.
      await pty.waitForText('DENYME')
      pty.type('\x03')
      await pty.waitForPrompt()
      await pty.line('say a')
    },
    said: ['a'],
    refusals: 0,
  },
  {
    title: 'Ctrl-C stops a command that runs, and the next line is asked about',
    type: async (pty, { home }) => {
      pty.type('say begun; Start-Sleep 60; say ended\r')
      await until('the command to run', () => said(home).length > 0)
      pty.type('\x03')
      await pty.waitForPrompt()
      await pty.line('DENYME')
      await pty.line('say a')
    },
    said: ['begun', 'a'],
    refusals: 1,
  },
  {
    title: 'of lines typed ahead each is asked about',
    type: async (pty) => {
      pty.type('say 1\rDENYME\rsay 3\r')
      for (let prompts = 0; prompts < 3; prompts += 1) await pty.waitForPrompt()
    },
    said: ['1', '3'],
    refusals: 1,
  },
  {
    title: 'text of any kind arrives as it was typed',
    type: ["say 'é 漢字 😀'", 'say "a`tb"', `say 'quo"te' '$x'`, 'say ([char]27 + "[0m").Length'],
    said: ['é 漢字 😀', 'a\tb', 'quo"te $x', '4'],
    refusals: 0,
  },
  {
    title: 'a line longer than the FIFO takes at once is judged whole',
    type: [`say '${'x'.repeat(2_400)}'; DENYME`, `say '${'y'.repeat(2_400)}'.Length`],
    said: ['2400'],
    refusals: 1,
  },
  {
    title: 'a warning is shown and the line runs',
    type: ['WARNME'],
    said: ['WARNME ran'],
    shows: /cmdaid: warning: The test warns\./,
  },
  {
    title: 'a nested prompt is asked as well',
    type: ['$Host.EnterNestedPrompt()', 'DENYME', 'say inside', 'exit', 'DENYME', 'say outside'],
    said: ['inside', 'outside'],
    refusals: 2,
  },
  {
    title: 'the prompt of the debugger is asked as well, and a refusal does not step on',
    type: [
      'function traced { Wait-Debugger; say one; say two; say three }',
      'traced',
      's',
      'DENYME',
      'DENYME',
      'say typed',
      'c',
    ],
    said: ['typed', 'one', 'two', 'three'],
    refusals: 2,
  },
  {
    title: 'what an alias made at the prompt stands for is judged',
    type: [
      'Set-Alias zz DENYME',
      'zz',
      'Set-Alias yy zz',
      'say a; yy',
      'Set-Alias zz say',
      'zz b',
      'Remove-Item alias:zz, alias:yy',
    ],
    said: ['b'],
    refusals: 2,
  },
  {
    title: 'vi mode, predictions and other options change nothing',
    type: async (pty) => {
      await pty.line('Set-PSReadLineOption -EditMode Vi -PredictionSource History -PredictionViewStyle InlineView')
      await pty.line('Set-PSReadLineOption -ViModeIndicator Cursor')
      await pty.line('DENYME')
      await pty.line('say vi')
      // Enter in vi's command mode accepts the line too. Before the cursor has its shape, Escape and Enter could be one key.
      pty.type('DENYME\x1b')
      await pty.waitForText('\x1b[1 q')
      await pty.line('')
      await pty.line('Set-PSReadLineOption -EditMode Windows -PredictionViewStyle ListView')
      await pty.line('DENYME')
      await pty.line('say list')
      await pty.line('Set-PSReadLineOption -EditMode Emacs -PredictionSource None')
    },
    said: ['vi', 'list'],
    refusals: 3,
  },
  {
    title: 'a refused line can be fetched back and edited, and is no part of the history of what ran',
    type: async (pty) => {
      await pty.line('DENYME edit')
      // Up, to the line's start, and the word's first letters away.
      pty.type('\x1b[A')
      await pty.line('\x01\x1bdsay')
      await pty.line('say (Get-History -Count 1).CommandLine')
      await pty.line("say @(Get-History | Where-Object CommandLine -eq 'say edit').Count")
      await pty.line("say @(Get-History | Where-Object CommandLine -like 'DENYME edit').Count")
    },
    said: ['edit', 'say edit', '1', '0'],
    refusals: 1,
  },
]

const found = findPowerShell()
if ('skip' in found) t.plan(0, found.skip)
else {
  const world = await openWorld(found.program)
  await runInOneShell(world, CASES)
}
