import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { control } from '../daemon/records.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import type { PtyShell } from '../support/pty.ts'
import { forgetSaid, said } from '../support/shell-rc.ts'
import { until } from '../support/until.ts'
import { count } from './run-case.ts'

/**
 * A line that was allowed runs again without waiting for the daemon. Whether it waits is seen with one that is stopped: whoever asks
 * it says that it does not answer.
 */

export const HANGS = /the daemon does not answer/
export const LOST = /commands run unchecked/

/** Shorter lines are typed into one row. */
const SCREEN_CHARACTERS = 100

/** Printed when waits end soon: by then nothing is asked but what should find the daemon stopped. */
export const HURRIED = 'no wait is long now'

/** How these cases type into a shell. */
export type TypedShell = AsyncDisposable &
  Pick<PtyShell, 'pid' | 'transcript' | 'type' | 'waitForText' | 'waitForPrompt'> & {
    line(text: string): Promise<unknown>
  }

/** A shell and what is its own way of doing what a case does. */
export type CacheShell = {
  /** Before the title of each case. */
  readonly name: string
  /** `DENYME` is refused, `WARNME` warned of, `CONFIRMME` asked about. */
  readonly policy: string
  /**
   * Starts one in which `say`, those three, `other WORD…` (which says so) and `redefine ALIAS` (which makes it `DENYME`) are defined.
   * It waits so long for an answer that no busy machine takes a daemon for one that hangs. Where that cannot be changed by
   * `hurry`, the wait is as short as it may be when the case `hangs`.
   */
  readonly start: (home: TemporaryHome, hangs: boolean) => Promise<TypedShell>
  /** Lines that make each wait end soon, and print `HURRIED`; and that make it as long again as it was. */
  readonly hurry?: { readonly on: string; readonly off: string }
  /** A line that makes this an alias of `say`. */
  readonly alias: (name: string) => string
  /** Lines to repeat, besides those of every shell. */
  readonly repeated?: readonly string[]
  /** Nothing is sent behind what the daemon has not read: one line runs at once while it is stopped, whose end is not told. */
  readonly sendsOne?: boolean
  /** What is typed while a line runs is taken as the next lines. */
  readonly typesAhead: boolean
  /** Types a line that the screen has no room for. */
  readonly longLine?: (world: CacheWorld, text: string) => Promise<void>
  /** Characters that count besides the line and its directory, at most. */
  readonly lengthRest?: number
}

export type CacheCase = {
  /** A sentence, without the shell's name. */
  readonly title: string
  /** The policy that is in force when the shell starts, made of that of the shell; by default `inForce`. */
  readonly policy?: (policy: string) => string
  /** A line is asked about while the daemon is stopped. */
  readonly hangs?: true
  readonly run: (t: Test, world: CacheWorld) => Promise<void>
}

/** Runs the cases of each shell, each in a shell of its own, against one daemon for all. */
export async function runCacheCases(
  rows: readonly { readonly shell: CacheShell; readonly cases: readonly CacheCase[] }[],
): Promise<void> {
  const first = rows[0]
  if (first === undefined) return
  const home = makeTemporaryHome({ policy: inForce(first.shell.policy) })
  t.teardown(() => home[Symbol.dispose]())
  mkdirSync(join(home.dir, 'else where/locked'), { recursive: true })
  const daemon = await TestDaemon.start(home)
  t.teardown(() => daemon[Symbol.asyncDispose]())
  for (const { shell, cases } of rows) {
    for (const each of cases) {
      await t.test(`${shell.name}: ${each.title}`, async (t) => {
        forgetSaid(home)
        await setPolicy(home, (each.policy ?? inForce)(shell.policy))
        await using pty = await shell.start(home, each.hangs ?? false)
        await each.run(t, new CacheWorld(home, daemon, shell, pty))
        if (t.counts.fail > 0) t.comment(pty.transcript)
      })
    }
  }
}

/** Puts a policy in force that is not yet. */
async function setPolicy(home: TemporaryHome, policy: string): Promise<void> {
  if (existsSync(home.policyFile) && readFileSync(home.policyFile, 'utf8') === policy) return
  writeFileSync(home.policyFile, policy)
  try {
    await control(home, { request: 'reload' })
  } catch (error) {
    // Nobody knows what is in force: the next case is not to take it for this.
    rmSync(home.policyFile)
    throw error
  }
}

/** `other` is refused in one directory. */
export function inForce(policy: string): string {
  return refusing(policy, "program: other, cwd: { glob: '*/locked' }")
}

/** Refuses `other`, everywhere or in one directory. */
export function refusing(policy: string, when: string): string {
  return `${policy}  - id: test.other
    effect: deny
    risk: high
    when: { ${when} }
    reason: The test says no.
    match: ['cd /locked && other']
    not_match: ['say a']
`
}

/** What a case may touch, and what most of them do with it. */
export class CacheWorld {
  readonly home: TemporaryHome
  readonly daemon: TestDaemon
  readonly shell: CacheShell
  readonly pty: TypedShell
  /** Lines that were typed one by one. */
  typed = 0
  /** Up to where the transcript may tell of what was lost. */
  #checkedAt = 0

  constructor(home: TemporaryHome, daemon: TestDaemon, shell: CacheShell, pty: TypedShell) {
    this.home = home
    this.daemon = daemon
    this.shell = shell
    this.pty = pty
  }

  get transcript(): string {
    return this.pty.transcript
  }

  get refusals(): number {
    return count(this.transcript, 'cmdaid: denied:')
  }

  /** What has run, but for the lines that were typed until there was an answer. */
  get said(): readonly string[] {
    return said(this.home).filter((text) => text !== 'again')
  }

  async type(...lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      this.typed += 1
      await this.pty.line(line)
    }
  }

  async setPolicy(policy: string): Promise<void> {
    await setPolicy(this.home, policy)
  }

  /** Stops the daemon, which has read everything, for as long as these steps take. */
  async stopped(steps: () => Promise<void>): Promise<void> {
    await control(this.home, { request: 'flush' })
    this.daemon.freeze()
    try {
      await steps()
    } finally {
      this.daemon.thaw()
    }
  }

  /** With the daemon stopped, none of these waits for it. */
  async runsAtOnce(t: Test, ...lines: readonly string[]): Promise<void> {
    const from = this.transcript.length
    if (this.shell.sendsOne === true) for (const line of lines) await this.#runsBeforeItIsRead(line)
    else await this.stopped(() => this.typeAny(...lines))
    t.notMatch(this.transcript.slice(from), LOST, `${lines.map(shortened).join(', ')} at once`)
  }

  /** With the daemon stopped, this one waits for it. Nothing did before, or there has been an answer since. */
  async waits(t: Test, line: string): Promise<void> {
    t.notMatch(this.transcript.slice(this.#checkedAt), LOST, 'there were answers before')
    await this.hurried(async () => {
      await this.typeAny(line)
      await until(`${shortened(line)} to wait`, () => HANGS.test(this.transcript.slice(this.#checkedAt)), {
        deadlineMs: 5_000,
        detail: () => this.transcript,
      })
      t.pass(`${shortened(line)} waits`)
    })
  }

  /** `stopped`, with waits that end soon. */
  async hurried(steps: () => Promise<void>): Promise<void> {
    const { hurry } = this.shell
    if (hurry !== undefined) {
      // What it prints tells its prompt from one that was only drawn again.
      this.pty.type(`${hurry.on}\r`)
      await this.pty.waitForText(HURRIED)
      await this.pty.waitForPrompt()
      this.typed += 1
    }
    await this.stopped(async () => {
      await steps()
      if (hurry !== undefined) await this.type(hurry.off)
    })
  }

  /** Types harmless lines until the hook says that it is asked again. */
  async untilChecked(): Promise<void> {
    const from = this.transcript.length
    await until('protection to be back', async () => {
      await this.type('say again')
      return this.transcript.includes('checked again', from)
    })
    this.#checkedAt = this.transcript.length
  }

  /** What `say` does is seen while the daemon is stopped; the next prompt may wait for it. */
  async #runsBeforeItIsRead(line: string): Promise<void> {
    const before = this.said.length
    await this.stopped(async () => {
      this.pty.type(`${line}\r`)
      await until('the line to run', () => this.said.length > before, { detail: () => this.transcript })
    })
    await this.pty.waitForPrompt()
  }

  /** `type` for lines that the screen may have no room for. */
  async typeAny(...lines: readonly string[]): Promise<void> {
    const { longLine } = this.shell
    for (const line of lines) {
      if (line.length > SCREEN_CHARACTERS && longLine !== undefined) await longLine(this, line)
      else await this.type(line)
    }
  }
}

/** As titles of assertions have them. */
function shortened(line: string): string {
  return line.length > SCREEN_CHARACTERS ? `${line.slice(0, SCREEN_CHARACTERS)}…` : line
}
