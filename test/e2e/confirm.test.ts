import { BOTH, runCases } from './run-case.ts'
import type { ShellCase } from './run-case.ts'
import { typeConfirmed } from '../support/confirm.ts'
import { readRecord } from '../support/record.ts'
import { takesLoadable } from '../support/shell-rc.ts'
import { until } from '../support/until.ts'

/** Lines that run once a person at the terminal has said why. */

const CASES: readonly ShellCase[] = [
  {
    title: 'a reason lets the line run, once, and is recorded',
    shells: BOTH,
    type: async (pty, { home }) => {
      await typeConfirmed(pty, 'CONFIRMME; say x', 'planned ä maintenance\r')
      await pty.line('say end')
      await until('the reason in the record', async () =>
        (await readRecord(home)).some((entry) => JSON.stringify(entry).includes('planned ä maintenance')),
      )
    },
    said: ['CONFIRMME ran', 'x', 'end'],
    shows: /The test asks why\./,
  },
  ...(
    [
      ['Enter alone', '\r'],
      ['blanks alone', '   \r'],
      ['Ctrl-D', '\x04'],
      ['Ctrl-C', '\x03'],
    ] as const
  ).map(([name, keys]): ShellCase => ({
    title: `${name} instead of a reason refuses the line`,
    shells: BOTH,
    type: async (pty) => {
      await typeConfirmed(pty, 'CONFIRMME; say x', keys)
      await pty.line('say end')
      await pty.line('DENYME')
      await pty.line('say end2')
    },
    said: ['end', 'end2'],
    refusals: 1,
  })),
  // bash 4.4 without the loadable builtin asks in a child and runs the trap once that has ended.
  ...(
    [
      [['bash>=5.0', 'zsh'], ['end']],
      [['bash<5.0'], takesLoadable() ? ['end'] : ['T', 'end']],
    ] as const
  ).map(([shells, said]): ShellCase => ({
    title: 'Ctrl-C instead of a reason refuses the line, also where INT is trapped',
    shells,
    type: async (pty) => {
      await pty.line("trap 'say T' INT")
      await typeConfirmed(pty, 'CONFIRMME; say x', '\x03')
      await pty.line('trap - INT; say end')
    },
    said,
  })),
  {
    title: 'a subshell asks once',
    shells: BOTH,
    type: async (pty) => {
      await typeConfirmed(pty, '(CONFIRMME)', 'because\r')
      await pty.line('say end')
    },
    said: ['CONFIRMME ran', 'end'],
  },
]

await runCases(CASES)
