import type { ConformanceCase } from '../case.ts'

const ALL = ['bash', 'zsh', 'fish', 'powershell'] as const
const ASKS = 'cmdaid: reason (empty to cancel): '

/** Lines that run once a person at the terminal has said why. */
export const CONFIRM_CASES: readonly ConformanceCase[] = [
  {
    id: 'confirm.reason',
    title: 'a reason lets the line run, once',
    shells: ALL,
    steps: [{ keys: 'CONFIRMME; say x\r' }, { see: ASKS }, { keys: 'planned ä maintenance\r', prompts: 1 }, 'say end'],
    ran: ['CONFIRMME ran', 'x', 'end'],
    shows: /The case asks why\./,
  },
  ...(
    [
      ['enter', 'Enter alone', '\r'],
      ['blanks', 'blanks alone', '   \r'],
      ['interrupt', 'Ctrl-C', '\x03'],
    ] as const
  ).map(([id, name, keys]): ConformanceCase => ({
    id: `confirm.${id}`,
    title: `${name} instead of a reason refuses the line`,
    shells: ALL,
    steps: [{ keys: 'CONFIRMME; say x\r' }, { see: ASKS }, { keys, prompts: 1 }, 'say end', 'DENYME', 'say end2'],
    ran: ['end', 'end2'],
    refusals: 1,
  })),
  {
    id: 'confirm.end-of-file',
    title: 'Ctrl-D instead of a reason refuses the line',
    shells: ['bash', 'zsh', 'fish'],
    steps: [{ keys: 'CONFIRMME; say x\r' }, { see: ASKS }, { keys: '\x04', prompts: 1 }, 'say end'],
    ran: ['end'],
  },
  {
    id: 'confirm.trap',
    title: 'Ctrl-C instead of a reason refuses the line, also where INT is trapped',
    shells: ['bash', 'zsh'],
    steps: [
      "trap ':' INT",
      { keys: 'CONFIRMME; say x\r' },
      { see: ASKS },
      { keys: '\x03', prompts: 1 },
      'trap - INT; say end',
    ],
    ran: ['end'],
    rc: {},
  },
  {
    id: 'confirm.subshell',
    title: 'a subshell asks once',
    shells: ['bash', 'zsh'],
    steps: [{ keys: '(CONFIRMME)\r' }, { see: ASKS }, { keys: 'because\r', prompts: 1 }, 'say end'],
    ran: ['CONFIRMME ran', 'end'],
  },
]
