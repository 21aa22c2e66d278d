import type { Clock } from '../adapters/clock/clock.ts'
import type { AncestryReader } from '../adapters/host-info/ancestry.ts'
import { attribute } from '../adapters/host-info/attribution.ts'
import { isAlive, readProcess } from '../adapters/host-info/process-info.ts'
import type { Logger } from '../adapters/log/log.ts'
import type { SlotPool } from '../adapters/session-fifo/slot-pool.ts'
import type { Slot } from '../adapters/session-fifo/slot.ts'
import type { CanaryOutcome } from '../core/event/canary.ts'
import type { AuditEvent, Session } from '../core/event/event.ts'
import { SLOTS_PER_PROCESS_MAX } from '../core/limits.ts'
import type { ShellName } from '../core/shell/facts.ts'
import type { HookFrame, HookFrameFault } from '../wire/hook/frame.ts'
import { parseHookFrame } from '../wire/hook/message.ts'
import type { Hello } from '../wire/hook/message.ts'
import type { Canaries } from './canaries.ts'
import { liveSession, newSessionId } from './live-session.ts'
import type { LiveSession } from './live-session.ts'
import type { Pipeline, PipelineCounters } from './pipeline.ts'
import { encodeSavedSession, parseSavedSession } from './saved-session.ts'

export type SessionTableParts = {
  readonly pipeline: Pipeline
  readonly canaries: Canaries
  readonly append: (event: AuditEvent) => void
  readonly clock: Clock
  readonly ancestry: AncestryReader
  readonly log: Logger
  readonly counters: PipelineCounters
}

/** Which shell speaks through which slot, from hello to the end of the process. */
export class SessionTable {
  readonly #parts: SessionTableParts
  readonly #live = new Map<Slot, LiveSession>()
  /** Whose shells were dead at the last sweep. */
  readonly #dead = new WeakSet<LiveSession>()
  #checkNext = 0
  #pool: SlotPool | null = null

  constructor(parts: SessionTableParts) {
    this.#parts = parts
  }

  /** The pool reads into this table and this table gives slots back to it: one of them has to come second. */
  attach(pool: SlotPool): void {
    this.#pool = pool
    for (const slot of this.#live.keys()) pool.take(slot)
  }

  get sessions(): readonly LiveSession[] {
    return [...this.#live.values()]
  }

  onFrame(slot: Slot, frame: HookFrame): void {
    const parsed = parseHookFrame(frame)
    if (!parsed.ok) return this.onFault(slot, 'malformed')
    const message = parsed.value
    if (message.kind === 'hello') return this.#hello(slot, message.hello, message.cwd)
    const live = this.#live.get(slot) ?? this.#infer(slot)
    if (live === null) return this.onFault(slot, 'malformed')
    if (message.kind === 'bye') return this.#close(live, 'bye')
    if (message.kind === 'canary') return this.#parts.canaries.answer(live, message.digit)
    if (message.kind === 'proof') return this.#prove(live, message.outcome)
    this.#parts.pipeline.handle(live, message)
  }

  /** What came is not our protocol. The shell finds its slot gone and claims another. */
  onFault(slot: Slot, fault: HookFrameFault | 'lost' | 'malformed'): void {
    this.#parts.counters.faults += 1
    this.#parts.log.warn({ slot: slot.name, fault }, 'dropped a session slot')
    const live = this.#live.get(slot)
    if (live === undefined) this.#pool?.remove(slot)
    else this.#close(live, 'gone')
  }

  /** Takes over a claimed slot from an earlier daemon. */
  adopt(slot: Slot, pid: number): void {
    const text = slot.loadSession()
    const saved = text === null ? null : parseSavedSession(text)
    const start = readProcess(pid)?.start ?? null
    if (saved === null || saved.session.pid !== pid || saved.session.pidStart !== start) return
    this.#live.set(slot, liveSession(slot, saved.session, saved))
  }

  /**
   * Ends the sessions of dead shells, one sweep after their death was noticed: what a shell said last may still lie unread. A pid that
   * was used again is noticed too, a few sessions at a time.
   */
  sweep(): void {
    const sessions = this.sessions
    const checked = sessions[this.#checkNext % Math.max(1, sessions.length)]
    this.#checkNext += 1
    for (const live of sessions) {
      const { pid, pidStart } = live.session
      const suspect = this.#dead.has(live)
      const replaced = (suspect || live === checked) && pidStart !== null && readProcess(pid)?.start !== pidStart
      if (isAlive(pid) && !replaced) continue
      if (suspect) this.#close(live, 'gone')
      else this.#dead.add(live)
    }
  }

  /**
   * Takes what changed since the last call and gives back how to write it down for the daemon after this one: once the
   * record up to now is synced, so that what is written never claims more than the record holds. Null: nothing changed.
   */
  takeChanges(): (() => Promise<void>) | null {
    const changes: (() => Promise<unknown>)[] = []
    for (const live of this.#live.values()) {
      if (!live.dirty) continue
      live.dirty = false
      const { slot, session, cwd, ledger, canary } = live
      const text = encodeSavedSession({ session, cwd, lastSeq: ledger.lastSeq, open: ledger.open, canary })
      changes.push(async () => this.#live.has(slot) && slot.saveSession(text))
    }
    if (changes.length === 0) return null
    return async () => {
      for (const write of changes) await write()
    }
  }

  #hello(slot: Slot, hello: Hello, cwd: string): void {
    const before = this.#live.get(slot)
    if (before !== undefined) this.#parts.pipeline.close(before, 'gone')
    const chain = this.#parts.ancestry(hello.pid)
    const session = {
      id: newSessionId(),
      shell: hello.shell,
      shellVersion: hello.version,
      pid: hello.pid,
      pidStart: chain[0]?.start ?? null,
      tty: hello.tty,
      interactive: hello.interactive,
      actor: attribute(chain, hello),
    }
    this.#open(slot, cwd, session, { scripted: !hello.interactive })
    this.#evictOldest(hello.pid)
  }

  /** A shell that spoke before without our hearing its hello (an earlier daemon died in between): what the kernel tells. */
  #infer(slot: Slot): LiveSession | null {
    const pid = slot.claimedBy()
    if (pid === null) return null
    const chain = this.#parts.ancestry(pid)
    const self = chain[0]
    const interactive = self?.hasTerminal ?? false
    return this.#open(slot, '', {
      id: newSessionId(),
      shell: shellNamed(self?.name ?? ''),
      shellVersion: '',
      pid,
      pidStart: self?.start ?? null,
      tty: null,
      interactive,
      actor: attribute(chain, { interactive, tty: null, markers: [] }),
    })
  }

  #open(slot: Slot, cwd: string, session: Session, { scripted = false } = {}): LiveSession {
    const live = liveSession(slot, session, { cwd, lastSeq: 0, open: [], canary: null, scripted })
    this.#live.set(slot, live)
    this.#pool?.take(slot)
    this.#parts.append({ kind: 'session.opened', session, cwd, atUs: this.#parts.clock.nowUs() })
    return live
  }

  /** Recorded behind the lines that came before it. */
  #prove(live: LiveSession, outcome: CanaryOutcome): void {
    this.#parts.pipeline.settle()
    this.#parts.canaries.report(live, outcome)
  }

  #close(live: LiveSession, how: 'bye' | 'gone'): void {
    this.#live.delete(live.slot)
    this.#parts.pipeline.close(live, how)
    this.#pool?.remove(live.slot)
  }

  #evictOldest(pid: number): void {
    const same = this.sessions.filter((live) => live.session.pid === pid)
    const oldest = same[0]
    if (oldest !== undefined && same.length > SLOTS_PER_PROCESS_MAX) this.#close(oldest, 'gone')
  }
}

function shellNamed(name: string): ShellName {
  if (name === 'pwsh') return 'powershell'
  return name === 'bash' || name === 'zsh' || name === 'fish' ? name : 'sh'
}
