import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DESCRIPTORS_RESERVED, SESSIONS_MAX, SLOTS_BATCH, SLOTS_FREE_MIN } from '../../core/limits.ts'
import { makeFifos } from './make-fifos.ts'
import { isSlotName, newSlotName, removeSlotFolder } from './slot-folder.ts'
import { Slot } from './slot.ts'
import type { SlotEvents } from './slot.ts'

export type SlotPoolOptions = SlotEvents & {
  /** `<runtime>/s`: made if missing, 0700. */
  readonly dir: string
  /** Whether a process lives; decides which claimed slots are taken over. */
  readonly isAlive: (pid: number) => boolean
  /** A claimed slot of a living shell was taken over from an earlier daemon. Called before anything is read from it. */
  readonly onAdopted: (slot: Slot, pid: number) => void
  /** A refill failed. The pool tries again at the next sweep. */
  readonly onError: (error: unknown) => void
  /** Sessions and free slots together; by default what the bound and the descriptor limit allow. */
  readonly slotsMax?: number
}

/**
 * Keeps slots ready that a shell can claim without forking. A slot is free until its first frame or its `claimed` file
 * is seen. Invariant: a folder gets its final name only once both FIFOs are served, so nobody claims one that is not.
 */
export class SlotPool {
  readonly #options: SlotPoolOptions
  readonly #slotsMax: number
  readonly #free = new Set<Slot>()
  readonly #taken = new Set<Slot>()
  /** Claimed by shells that were dead at the last sweep. */
  readonly #dead = new WeakSet<Slot>()
  #refilling: Promise<void> | null = null
  /** Slots made so far. */
  #made = 0
  #open = true

  private constructor(options: SlotPoolOptions) {
    this.#options = options
    this.#slotsMax =
      options.slotsMax ?? Math.min(SESSIONS_MAX, Math.floor((descriptorLimit() - DESCRIPTORS_RESERVED) / 2))
  }

  /** Takes over the claimed slots of living shells, removes every other folder, and makes a batch of free ones; the others follow. */
  static async open(options: SlotPoolOptions): Promise<SlotPool> {
    mkdirSync(options.dir, { recursive: true, mode: 0o700 })
    const pool = new SlotPool(options)
    pool.#adopt()
    await pool.#make()
    pool.#refillSoon()
    return pool
  }

  get freeCount(): number {
    return this.#free.size
  }

  get takenCount(): number {
    return this.#taken.size
  }

  /** No room for another slot: a further shell may find none. */
  get full(): boolean {
    return this.#free.size + this.#taken.size >= this.#slotsMax
  }

  /** The slot has a session now. */
  take(slot: Slot): void {
    if (!this.#free.delete(slot)) return
    this.#taken.add(slot)
    this.#refillSoon()
  }

  /** The session is over, or the slot was misused. */
  remove(slot: Slot): void {
    this.#free.delete(slot)
    this.#taken.delete(slot)
    void slot.remove()
    this.#refillSoon()
  }

  /**
   * Claimed slots that never said anything: those of shells that were dead at the sweep before go, since what they said may lie unread
   * until then; the others count as taken.
   */
  sweep(): void {
    for (const slot of this.#free) {
      const pid = slot.claimedBy()
      if (pid === null) continue
      if (this.#options.isAlive(pid)) this.take(slot)
      else if (this.#dead.has(slot)) this.remove(slot)
      else this.#dead.add(slot)
    }
    this.#refillSoon()
  }

  /** Makes slots until enough are free. At most one refill runs. */
  refill(): Promise<void> {
    this.#refilling ??= this.#makeEnough().finally(() => {
      this.#refilling = null
    })
    return this.#refilling
  }

  /** Stops serving. Claimed folders stay for the next daemon; free ones go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false
    await this.#refilling?.catch(() => undefined)
    for (const slot of this.#taken) slot.release()
    await Promise.all([...this.#free].map((slot) => slot.remove()))
    this.#free.clear()
    this.#taken.clear()
  }

  #refillSoon(): void {
    if (!this.#open || this.#free.size >= SLOTS_FREE_MIN || this.full) return
    this.refill().catch(this.#options.onError)
  }

  async #makeEnough(): Promise<void> {
    while (this.#open && this.#free.size < SLOTS_FREE_MIN && !this.full) {
      const before = this.#made
      await this.#make()
      // Nothing came of it: the next sweep tries again.
      if (this.#made === before) return
    }
  }

  async #make(): Promise<void> {
    const count = Math.min(SLOTS_BATCH, this.#slotsMax - this.#free.size - this.#taken.size)
    if (count <= 0) return
    const names = Array.from({ length: count }, newSlotName)
    const staged = names.map((name) => join(this.#options.dir, `.${name}`))
    try {
      await Promise.all(staged.map((dir) => mkdir(dir, { mode: 0o700 })))
      await makeFifos(staged.flatMap((dir) => [join(dir, 'req'), join(dir, 'rep')]))
      for (const name of names) {
        if (!this.#open) break
        // One slot at a time, so that a shell which waits for its answer does not wait for the whole batch.
        await this.#serve(name)
      }
    } finally {
      // Whatever was not served: nothing, unless something failed.
      await Promise.all(staged.map(removeSlotFolder))
    }
  }

  /** A shell may claim the slot and speak as soon as the folder has its name, which is before we learn of it. */
  async #serve(name: string): Promise<void> {
    const staged = join(this.#options.dir, `.${name}`)
    const slot = Slot.open(name, staged, this.#options)
    if (slot === null) return
    const dir = join(this.#options.dir, name)
    slot.moveTo(dir)
    this.#free.add(slot)
    try {
      await rename(staged, dir)
      this.#made += 1
    } catch (error) {
      this.#free.delete(slot)
      slot.release()
      throw error
    }
  }

  #adopt(): void {
    for (const entry of readdirSync(this.#options.dir, { withFileTypes: true })) {
      const dir = join(this.#options.dir, entry.name)
      const slot =
        entry.isDirectory() && isSlotName(entry.name) && !this.full ? Slot.open(entry.name, dir, this.#options) : null
      const pid = slot?.claimedBy() ?? null
      if (slot !== null && pid !== null && this.#options.isAlive(pid)) {
        this.#taken.add(slot)
        this.#options.onAdopted(slot, pid)
      } else {
        slot?.release()
        void removeSlotFolder(dir)
      }
    }
  }
}

/** Soft limit on open files; Node raises it to the hard one at start. Where the kernel does not tell: the usual low one of macOS. */
function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return soft === undefined ? 4_096 : Number(soft)
  } catch {
    return 4_096
  }
}
