import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { forgetSaid, said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { count } from '../run-case.ts'
import { buildRelay, FISHES, FishShell } from './fish-shell.ts'
import type { FishOptions } from './fish-shell.ts'

/** One behaviour of a hooked fish; as in `../run-case.ts`. */
export type FishCase = {
  /** A sentence, without the shell's name. */
  readonly title: string
  readonly options?: Omit<FishOptions, 'program'>
  /** Lines to type, each at a prompt; or something that drives the shell itself. */
  readonly type: readonly string[] | ((fish: FishShell, world: CaseWorld) => Promise<void>)
  readonly said: readonly string[]
  /** How often an explanation of a refusal was shown. Not checked when absent. */
  readonly refusals?: number
  readonly shows?: RegExp
  readonly hides?: RegExp
}

export type CaseWorld = { readonly home: TemporaryHome; readonly daemon: TestDaemon }

/** Runs each case in each fish, against one daemon for the whole table. */
export async function runFishCases(cases: readonly FishCase[]): Promise<void> {
  buildRelay()
  const home = makeTemporaryHome({ policy: TEST_POLICY })
  t.teardown(() => home[Symbol.dispose]())
  const daemon = await TestDaemon.start(home)
  t.teardown(() => daemon[Symbol.asyncDispose]())
  for (const program of FISHES) {
    for (const testCase of cases) {
      await t.test(`${program}: ${testCase.title}`, async (t) => {
        forgetSaid(home)
        await using fish = await FishShell.start(home, { program, ...testCase.options })
        if (typeof testCase.type === 'function') await testCase.type(fish, { home, daemon })
        else for (const line of testCase.type) await fish.line(line)
        await until('what should run to run', () => said(home).length >= testCase.said.length, {
          deadlineMs: 5_000,
          detail: () => fish.transcript,
        })
        t.same(said(home), testCase.said, 'ran exactly what may run')
        const { refusals, shows, hides } = testCase
        if (refusals !== undefined) t.equal(count(fish.transcript, 'cmdaid: denied:'), refusals, 'refusals shown')
        if (shows !== undefined) t.match(fish.transcript, shows)
        if (hides !== undefined) t.notMatch(fish.transcript, hides)
        if (t.counts.fail > 0) t.comment(fish.transcript)
      })
    }
  }
}
