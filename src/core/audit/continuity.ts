import { AUDIT_SESSIONS_MAX } from '../limits.ts'
import { decodeNumber, decodeText } from './field-values.ts'
import { hashHex } from './hash.ts'
import type { Hash } from './hash.ts'
import { kindCode } from './kinds.ts'
import { decodeLeaf, leafField, LEAF_OFFSETS } from './leaf.ts'
import type { Leaf } from './leaf.ts'
import type { FieldName } from './fields.ts'
import type { FindingCode } from './verdict.ts'

export type Remark = { readonly code: FindingCode; readonly expected: string; readonly explanation: string }

/** The wall clock may be off from the monotonic one by this much before it is worth a word (microseconds). */
const CLOCK_STEP_US = 60_000_000

/** The system does not say which boot it is: its monotonic clock may have begun anew. */
const NO_BOOT = '\0'.repeat(16)

/** Most records give no cause for a remark, and there are millions of them. */
const NOTHING: readonly Remark[] = []

const PREEXEC = kindCode('PREEXEC')
const PRECMD = kindCode('PRECMD')
const ANSWER = kindCode('ANSWER')

/**
 * What records say of each other beyond hashes: counters of sessions, declared losses, starts, and clocks. None of it is
 * proof of tampering except a start that found another log than the one before it; a clock that was set is never more
 * than a note.
 */
export class Continuity {
  /** Highest counter seen of each session. */
  readonly #sessions = new Map<string, number>()
  #sessionsLeftOut = false
  #clock: { readonly boot: string; readonly ahead: number } | null = null

  /** Remarks on the leaf in `bytes[start..end)`, which is sound. `root` is the tree's before it, and asked for seldom. */
  remarks(bytes: Buffer, start: number, end: number, seq: number, root: () => Hash): readonly Remark[] {
    const clock = this.#clockRemark(bytes, start)
    const kind = bytes[start + LEAF_OFFSETS.kind]
    // Almost every record is one of these, and only the first needs a look.
    if (kind === PRECMD || kind === ANSWER) return clock
    if (kind === PREEXEC) {
      const session = bytes.toString('latin1', start + LEAF_OFFSETS.sessionId, start + LEAF_OFFSETS.sessionId + 16)
      const counted = this.#counted(session, bytes.readUInt32BE(start + LEAF_OFFSETS.sessionSeq))
      return counted.length === 0 ? clock : [...clock, ...counted]
    }
    const leaf = decodeLeaf(bytes.subarray(start, end))
    return leaf.ok ? [...clock, ...this.#spoken(leaf.value, seq, root)] : clock
  }

  #counted(session: string, counter: number): readonly Remark[] {
    const last = this.#sessions.get(session)
    if (last === undefined) {
      // A session that began before this log, or whose opening was lost, has no known beginning.
      return this.#track(session, counter)
    }
    if (counter > last) this.#sessions.set(session, counter)
    return counter > last + 1 ? [gap(session, last + 1, counter - 1, 'nothing says why')] : NOTHING
  }

  #track(session: string, counter: number): readonly Remark[] {
    if (this.#sessions.size < AUDIT_SESSIONS_MAX) {
      this.#sessions.set(session, counter)
      return []
    }
    if (this.#sessionsLeftOut) return []
    this.#sessionsLeftOut = true
    return [
      {
        code: 'LIMIT',
        expected: `at most ${AUDIT_SESSIONS_MAX} sessions at a time`,
        explanation: 'further sessions were not checked for missing command lines',
      },
    ]
  }

  #spoken(leaf: Leaf, seq: number, root: () => Hash): readonly Remark[] {
    const session = Buffer.from(leaf.sessionId).toString('latin1')
    switch (leaf.kind) {
      case 'SESSION_OPEN':
        // A daemon that takes over a session opens it again; what was counted goes on.
        return this.#sessions.has(session) ? [] : this.#track(session, 0)
      case 'SESSION_CLOSE':
        this.#sessions.delete(session)
        return []
      case 'SESSION_GAP': {
        const [first, last] = [number(leaf, 'first_seq'), number(leaf, 'last_seq')]
        const known = this.#sessions.get(session)
        if (known === undefined || last > known) this.#sessions.set(session, last)
        return [gap(session, first, last, `cause: ${text(leaf, 'cause')}`)]
      }
      case 'LOSS':
        return [
          {
            code: 'LOSS',
            expected: 'no event dropped',
            explanation: `${number(leaf, 'count')} events were dropped before they could be written (cause: ${text(leaf, 'cause')})`,
          },
        ]
      case 'RECOVERED':
        return [
          {
            code: 'RECOVERED',
            expected: 'a clean end',
            explanation: `a crash left ${number(leaf, 'bytes')} unacknowledged bytes behind the last record; they were cut off and kept in cut/`,
          },
        ]
      case 'START':
        return this.#started(leaf, seq, root)
      case 'GENESIS':
      case 'STOP':
      case 'SEGMENT_SEAL':
      case 'REDACT':
      case 'PREEXEC':
      case 'ANSWER':
      case 'PRECMD':
      case 'CANARY':
      case 'SHELL_UNHOOKED':
      case 'POLICY':
      case 'DAEMON_START':
      case 'DAEMON_STOP':
        return []
    }
  }

  #started(leaf: Leaf, seq: number, root: () => Hash): Remark[] {
    const remarks: Remark[] = []
    if (text(leaf, 'cause') === 'unclean') {
      remarks.push({
        code: 'UNCLEAN_START',
        expected: 'STOP as the last record before a start',
        explanation: 'the writer before it ended without closing the log: a crash, a power cut, or kill -9',
      })
    }
    // Other records of the same opening may stand between; only a start right behind the old end can be compared.
    const size = number(leaf, 'previous_size')
    const before = Buffer.from(leafField(leaf, 'previous_root') ?? []).toString('hex')
    if (size > seq || (size === seq && before !== hashHex(root()))) {
      remarks.push({
        code: 'START',
        expected: `root ${before} at size ${size}`,
        explanation: 'the writer found another log here than the records before this one',
      })
    }
    return remarks
  }

  #clockRemark(bytes: Buffer, start: number): readonly Remark[] {
    const wall = u64(bytes, start + LEAF_OFFSETS.wallUs)
    const ahead = wall - u64(bytes, start + LEAF_OFFSETS.wallUs + 8)
    const before = this.#clock
    if (before !== null && Math.abs(ahead - before.ahead) < CLOCK_STEP_US) return NOTHING
    const boot = bytes.toString('latin1', start + LEAF_OFFSETS.bootId, start + LEAF_OFFSETS.bootId + 16)
    this.#clock = { boot, ahead }
    if (before === null || before.boot !== boot || boot === NO_BOOT) return []
    const seconds = Math.round((ahead - before.ahead) / 1_000_000)
    return [
      {
        code: 'TIME',
        expected: 'a wall clock that runs with the monotonic one',
        explanation: `the wall clock was set by ${seconds} s, or the machine slept`,
      },
    ]
  }
}

function gap(session: string, first: number, last: number, why: string): Remark {
  const id = Buffer.from(session, 'latin1').toString('hex')
  return {
    code: 'SESSION_GAP',
    expected: 'a record of every command line that the session counted',
    explanation: `session ${id}: command lines ${first} to ${last} (${last - first + 1}) have no record; ${why}`,
  }
}

function number(leaf: Leaf, name: FieldName): number {
  return decodeNumber(leafField(leaf, name) ?? new Uint8Array(0))
}

function text(leaf: Leaf, name: FieldName): string {
  return decodeText(leafField(leaf, name) ?? new Uint8Array(0))
}

/** As a double: clocks stay exact for another two centuries, and a hostile value only gives a strange note. */
function u64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 0x1_00_00_00_00 + bytes.readUInt32BE(at + 4)
}
