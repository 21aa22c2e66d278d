import { execFileSync } from 'node:child_process'
import t from 'tap'
import { appliesTo } from '../../src/conformance/case.ts'
import type { Applies } from '../../src/conformance/case.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import type { PtyShell } from '../support/pty.ts'
import { forgetSaid, said, startShell, testedProgram } from '../support/shell-rc.ts'
import type { HookedShell, ShellOptions } from '../support/shell-rc.ts'
import { until } from '../support/until.ts'

/** What a case may touch besides the shell it drives. */
export type CaseWorld = { readonly home: TemporaryHome; readonly daemon: TestDaemon; readonly shell: HookedShell }

/**
 * One behaviour of a hooked shell. `DENYME` is refused, `WARNME` warned of, `CONFIRMME` asked about, and each of them, as
 * well as `say WORD…`, leaves a line behind if it ever runs: `said` is everything that ran, in order.
 */
export type ShellCase = {
  /** A sentence, without the shell's name. */
  readonly title: string
  readonly shells: readonly Applies[]
  readonly options?: ShellOptions
  /** Lines to type, each at a prompt; or something that drives the shell itself. */
  readonly type: readonly string[] | ((pty: PtyShell, world: CaseWorld) => Promise<void>)
  readonly said: readonly string[]
  /** How often an explanation of a refusal was shown. Not checked when absent. */
  readonly refusals?: number
  /** Checked on what the terminal has shown. */
  readonly shows?: RegExp
  readonly hides?: RegExp
}

export const BOTH = ['bash', 'zsh'] as const
export const BASH = ['bash'] as const
export const ZSH = ['zsh'] as const

/** Runs each case in each of its shells, against one daemon for the whole table. */
export async function runCases(cases: readonly ShellCase[]): Promise<void> {
  const home = makeTemporaryHome({ policy: TEST_POLICY })
  t.teardown(() => home[Symbol.dispose]())
  const daemon = await TestDaemon.start(home)
  t.teardown(() => daemon[Symbol.asyncDispose]())
  for (const testCase of cases) {
    for (const shell of BOTH.filter((each) => appliesTo(testCase, each, versionOf(each)))) {
      await t.test(`${shell}: ${testCase.title}`, async (t) => {
        forgetSaid(home)
        await using pty = await startShell(shell, home, testCase.options)
        if (typeof testCase.type === 'function') await testCase.type(pty, { home, daemon, shell })
        else for (const line of testCase.type) await pty.line(line)
        // What runs in the background may still be on its way.
        await until('what should run to run', () => said(home).length >= testCase.said.length, {
          deadlineMs: 5_000,
          detail: () => pty.transcript,
        })
        t.same(said(home), testCase.said, 'ran exactly what may run')
        const { refusals, shows, hides } = testCase
        if (refusals !== undefined) t.equal(count(pty.transcript, 'cmdaid: denied:'), refusals, 'refusals shown')
        if (shows !== undefined) t.match(pty.transcript, shows)
        if (hides !== undefined) t.notMatch(pty.transcript, hides)
        if (t.counts.fail > 0) t.comment(pty.transcript)
      })
    }
  }
}

const versions = new Map<HookedShell, string>()

/** Of the shell under test, to its second number. */
export function versionOf(shell: HookedShell): string {
  const known = versions.get(shell)
  if (known !== undefined) return known
  const text = execFileSync(testedProgram(shell), ['--version'], { encoding: 'utf8' })
  const version = /\d+\.\d+/.exec(text)?.[0] ?? ''
  versions.set(shell, version)
  return version
}

export function count(text: string, part: string): number {
  return text.split(part).length - 1
}
