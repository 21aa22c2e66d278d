import type { Clock } from '../adapters/clock/clock.ts'
import type { AncestryReader } from '../adapters/host-info/ancestry.ts'
import { attribute } from '../adapters/host-info/attribution.ts'
import type { ShellProcess } from '../adapters/host-info/shell-process.ts'
import type { AuditEvent } from '../core/event/event.ts'
import { SHELL_SCAN_PAUSE_MS, UNHOOKED_AGE_MS, UNHOOKED_MAX } from '../core/limits.ts'

export type ShellWatchParts = {
  readonly find: () => Promise<readonly ShellProcess[]>
  /** Process ids of the shells that have a session. */
  readonly hooked: () => ReadonlySet<number>
  /** Whether it was started with a runtime directory of its own (tests, a second home). */
  readonly isElsewhere: (pid: number) => boolean
  readonly append: (event: AuditEvent) => void
  readonly ancestry: AncestryReader
  readonly clock: Clock
  readonly onError: (error: unknown) => void
  /** By default `UNHOOKED_AGE_MS` and `SHELL_SCAN_PAUSE_MS`. */
  readonly ageMsMin?: number
  readonly pauseMs?: number
}

/** Notices the shells of this user that wait for a person and about whose lines nobody asks: recorded once each, and listed. */
export class ShellWatch implements Disposable {
  readonly #parts: ShellWatchParts
  #looking: Promise<void> | null = null
  #open = true
  #lookedNs: bigint | null = null
  #found: readonly ShellProcess[] = []
  /** Of the shells that live, by process id and start: those already recorded. */
  #recorded: ReadonlySet<string> = new Set()

  constructor(parts: ShellWatchParts) {
    this.#parts = parts
  }

  /** As of the last look, less those that have a session by now. */
  get unhooked(): readonly ShellProcess[] {
    const hooked = this.#parts.hooked()
    return this.#found.filter(({ pid }) => !hooked.has(pid))
  }

  /** Resolves when the list is fresh enough: at once when the last look was a moment ago. Never rejects. */
  look(): Promise<void> {
    const { clock, pauseMs = SHELL_SCAN_PAUSE_MS } = this.#parts
    const now = clock.monotonicNs()
    if (this.#looking === null && this.#lookedNs !== null && now - this.#lookedNs < BigInt(pauseMs) * 1_000_000n) {
      return Promise.resolve()
    }
    this.#looking ??= this.#look()
      .catch(this.#parts.onError)
      .finally(() => {
        this.#looking = null
        this.#lookedNs = clock.monotonicNs()
      })
    return this.#looking
  }

  /** Records nothing any more. */
  [Symbol.dispose](): void {
    this.#open = false
  }

  async #look(): Promise<void> {
    const { find, hooked, isElsewhere, ageMsMin = UNHOOKED_AGE_MS } = this.#parts
    const shells = await find()
    if (!this.#open) return
    const known = hooked()
    this.#found = shells
      .filter(({ pid, ageMs }) => ageMs >= ageMsMin && !known.has(pid) && !isElsewhere(pid))
      .slice(0, UNHOOKED_MAX)
    // What is gone is forgotten; a process id that comes again is another process.
    const recorded = new Set(shells.map(keyOf).filter((key) => this.#recorded.has(key)))
    for (const shell of this.#found) {
      if (recorded.has(keyOf(shell))) continue
      recorded.add(keyOf(shell))
      this.#record(shell)
    }
    this.#recorded = recorded
  }

  #record({ shell, pid, start, tty }: ShellProcess): void {
    const { append, ancestry, clock } = this.#parts
    const actor = attribute(ancestry(pid), { interactive: true, tty, markers: [] })
    append({ kind: 'shell.unhooked', shell, pid, pidStart: start, tty, actor, atUs: clock.nowUs() })
  }
}

function keyOf({ pid, start }: ShellProcess): string {
  return `${pid} ${start ?? ''}`
}
