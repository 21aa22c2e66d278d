import { readRecord } from '../../support/record.ts'
import { until } from '../../support/until.ts'
import { runFishCases } from './run-case.ts'
import type { FishCase } from './run-case.ts'

const ASKS = 'cmdaid: reason (empty to cancel): '

/** Lines that run once a person at the terminal has said why. */
const CASES: readonly FishCase[] = [
  {
    title: 'a reason lets the line run, once, and is recorded',
    type: async (fish, { home }) => {
      fish.type('CONFIRMME; say x\r')
      await fish.pty.waitForText(ASKS)
      await fish.line('planned ä maintenance')
      await fish.line('say end')
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
  ).map(([name, keys]): FishCase => ({
    title: `${name} instead of a reason refuses the line`,
    type: async (fish) => {
      fish.type('CONFIRMME; say x\r')
      await fish.pty.waitForText(ASKS)
      fish.type(keys)
      await fish.waitForPrompt()
      await fish.line('say end')
      await fish.line('DENYME')
      await fish.line('say end2')
    },
    said: ['end', 'end2'],
    refusals: 1,
  })),
]

await runFishCases(CASES)
