import { setImmediate as nextTurn } from 'node:timers/promises'
import { SLICE_MS } from '../../core/limits.ts'

/** A piece of work that holds the thread for no longer than `SLICE_MS`; then whoever waits gets a turn. */
export class Slice {
  #endMs = performance.now() + SLICE_MS

  get over(): boolean {
    return performance.now() >= this.#endMs
  }

  async next(): Promise<void> {
    await nextTurn()
    this.#endMs = performance.now() + SLICE_MS
  }
}
