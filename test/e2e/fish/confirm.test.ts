import { typeConfirmed } from '../../support/confirm.ts'
import { readRecord } from '../../support/record.ts'
import { until } from '../../support/until.ts'
import { runFishCases } from './run-case.ts'
import type { FishCase } from './run-case.ts'

/** Lines that run once a person at the terminal has said why. */
const CASES: readonly FishCase[] = [
  {
    title: 'a reason lets the line run, once, and is recorded',
    type: async (fish, { home }) => {
      await typeConfirmed(fish, 'CONFIRMME; say x', 'planned ä maintenance\r')
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
      await typeConfirmed(fish, 'CONFIRMME; say x', keys)
      await fish.line('say end')
      await fish.line('DENYME')
      await fish.line('say end2')
    },
    said: ['end', 'end2'],
    refusals: 1,
  })),
]

await runFishCases(CASES)
