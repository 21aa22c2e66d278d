import type { Actor, Decision } from '../policy/decision.ts'
import type { ShellName } from '../shell/facts.ts'
import type { CanaryOutcome } from './canary.ts'
import type { AttemptId, SessionId } from './ids.ts'

/** What the daemon knows of a session once its shell has said hello and its ancestry was read. */
export type Session = {
  readonly id: SessionId
  readonly shell: ShellName
  readonly shellVersion: string
  readonly pid: number
  /** Kernel start time of `pid`: a reused pid is another process. Null where the kernel does not tell. */
  readonly pidStart: string | null
  readonly tty: string | null
  readonly interactive: boolean
  readonly actor: Actor
}

/** A command line is about to run. The time is ours: a shell must not be able to back-date its own record. */
export type CommandStarted = {
  readonly kind: 'command.started'
  readonly session: Session
  readonly attempt: AttemptId
  /** Counted by the hook, from 1; a gap is a record. */
  readonly sessionSeq: number
  readonly commandLine: string
  /** The bytes as they came; `commandLine` is their UTF-8 reading, lossy when they are not UTF-8. */
  readonly commandBytes: Uint8Array
  /** Bytes cut off behind `commandBytes`; 0 when complete. */
  readonly truncatedBytes: number
  readonly cwd: string
  readonly atUs: bigint
}

/** How an attempt ended. Outcome and decision are always paired. */
export type Outcome = 'finished' | 'denied' | 'abandoned' | 'killed' | 'unknown'

export type CommandFinished = {
  readonly kind: 'command.finished'
  readonly session: Session
  readonly attempt: AttemptId
  readonly sessionSeq: number
  readonly outcome: Outcome
  /** Exit status of the last pipeline; null when nobody said. */
  readonly exitStatus: number | null
  readonly pipeStatuses: readonly number[]
  /** From verdict to prompt, by the daemon's monotonic clock; null when unknown. */
  readonly durationMs: number | null
  readonly cwd: string
  readonly atUs: bigint
}

/** Why a line ran without a verdict: nobody asked, the answer came too late, or it could not be delivered. */
export type GapCause = 'unasked' | 'timeout' | 'overflow'

/** What the daemon hands to the record. Text in it is already redacted. */
export type AuditEvent =
  | {
      readonly kind: 'started'
      readonly started: CommandStarted
      readonly decision: Decision
      readonly redactions: readonly Redaction[]
    }
  | { readonly kind: 'finished'; readonly finished: CommandFinished }
  | {
      /** A later fact about an attempt: the reason given at a `confirm`, or that it was refused there. */
      readonly kind: 'answered'
      readonly session: Session
      readonly attempt: AttemptId
      readonly sessionSeq: number
      readonly accepted: boolean
      readonly reason: string
      readonly atUs: bigint
    }
  | { readonly kind: 'session.opened'; readonly session: Session; readonly cwd: string; readonly atUs: bigint }
  | { readonly kind: 'session.closed'; readonly session: Session; readonly how: 'bye' | 'gone'; readonly atUs: bigint }
  | {
      /** Commands that this session ran and nobody asked about: the daemon was away, slow, or the hook said so. */
      readonly kind: 'session.gap'
      readonly session: Session
      readonly firstSeq: number
      readonly lastSeq: number
      readonly cause: GapCause
      readonly atUs: bigint
    }
  | {
      /** What a session saw of the line that must be refused. */
      readonly kind: 'session.canary'
      readonly session: Session
      readonly outcome: CanaryOutcome
      readonly atUs: bigint
    }
  | {
      /** A shell of this user, in a terminal, whose lines nobody asks about. Told once for each process. */
      readonly kind: 'shell.unhooked'
      readonly shell: ShellName
      readonly pid: number
      readonly pidStart: string | null
      readonly tty: string | null
      readonly actor: Actor
      readonly atUs: bigint
    }
  | {
      readonly kind: 'policy'
      readonly outcome: 'loaded' | 'rejected'
      readonly policyHash: string
      readonly source: string
      readonly detail: string
      readonly atUs: bigint
    }
  | { readonly kind: 'daemon.started'; readonly version: string; readonly pid: number; readonly atUs: bigint }
  | { readonly kind: 'daemon.stopped'; readonly cause: string; readonly atUs: bigint }

/** A secret that was replaced before anything was kept. Offsets are bytes of the text after redaction. */
export type Redaction = { readonly tag: string; readonly start: number; readonly end: number }
