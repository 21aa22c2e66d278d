import type { Checkpoint } from '../../core/audit/checkpoint.ts'
import type { FindingList } from '../../core/audit/finding-list.ts'
import { hashHex } from '../../core/audit/hash.ts'
import type { Hash } from '../../core/audit/hash.ts'
import { verifyNote } from '../../core/audit/note.ts'
import type { Note, NoteKey } from '../../core/audit/note.ts'

/** A checkpoint note that was kept elsewhere, and the file that it came in. */
export type KnownHead = { readonly checkpoint: Checkpoint; readonly note: Note; readonly path: string }

/** Heads known from elsewhere: each must be signed by the log's key, and the log must extend it. */
export class KnownHeads {
  readonly #heads: readonly KnownHead[]
  readonly #findings: FindingList
  readonly #agreed = new Set<Checkpoint>()

  constructor(heads: readonly KnownHead[], findings: FindingList) {
    this.#heads = heads
    this.#findings = findings
  }

  /** The log is known to extend this head, and its key signed it. */
  agrees(checkpoint: Checkpoint): boolean {
    return this.#agreed.has(checkpoint)
  }

  /** False, with a finding, when one of them is of another log or was not signed by this key. */
  signedBy(key: NoteKey): boolean {
    let good = true
    for (const { checkpoint, note, path } of this.#heads) {
      if (checkpoint.origin !== key.name) {
        this.#findings.add('HEAD', {}, `a log of ${checkpoint.origin}`, `${path} is the head of another log`)
        good = false
        continue
      }
      const signers = verifyNote(note, [key])
      if (signers.ok && signers.value.length === 1) continue
      const why = signers.ok ? 'this key did not sign it' : signers.error
      this.#findings.add('HEAD', {}, `a head signed by ${key.name}`, `${path} cannot be trusted: ${why}`)
      good = false
    }
    return good
  }

  /** The smallest size beyond `size` at which there is something to compare. */
  next(size: number): number {
    return Math.min(...this.#heads.map((head) => head.checkpoint.size).filter((it) => it > size))
  }

  /** False, with a finding, when a head of this size has another root. */
  compare(size: number, root: () => Hash): boolean {
    for (const { checkpoint, path } of this.#heads) {
      if (checkpoint.size !== size) continue
      if (checkpoint.root !== root()) {
        this.#findings.add(
          'FORK',
          { seqs: [0, size - 1] },
          `root ${hashHex(checkpoint.root)} at size ${size}, as ${path} says`,
          'the records are not those that were signed for: the history was rewritten',
        )
        return false
      }
      this.#agreed.add(checkpoint)
    }
    return true
  }

  /** The log has ended: what was signed for beyond is missing. */
  ended(size: number): void {
    for (const { checkpoint, path } of this.#heads) {
      if (checkpoint.size <= size) continue
      this.#findings.add(
        'TRUNCATED',
        { seqs: [size, checkpoint.size - 1] },
        `${checkpoint.size} records, as ${path} says`,
        `the last ${checkpoint.size - size} records that were signed for are missing`,
      )
    }
  }
}
