import { SLICE_MS } from '../../core/limits.ts'

/** A piece of work that holds the thread for no longer than `SLICE_MS`; then whoever waits gets a turn. */
export class Slice {
  readonly #nextTurn: () => Promise<void>
  #endMs = performance.now() + SLICE_MS

  constructor(nextTurn: () => Promise<void>) {
    this.#nextTurn = nextTurn
  }

  get over(): boolean {
    return performance.now() >= this.#endMs
  }

  async next(): Promise<void> {
    await this.#nextTurn()
    this.#endMs = performance.now() + SLICE_MS
  }
}
