import { REST_MS } from '../core/limits.ts'

/**
 * Turns for work that no shell waits for. One that has just got its answer may have only our processor to run on, and gets it when we
 * sleep: so work waits a moment then, unless too much of it is left.
 */
export class Turns {
  readonly #isBehind: () => boolean
  #answeredMs = Number.NEGATIVE_INFINITY

  constructor(isBehind: () => boolean) {
    this.#isBehind = isBehind
  }

  /** A shell got its answer. */
  answered(): void {
    this.#answeredMs = performance.now()
  }

  schedule(work: () => void): Disposable {
    const rests = performance.now() - this.#answeredMs < REST_MS && !this.#isBehind()
    return rests ? setTimeout(work, REST_MS) : setImmediate(work)
  }

  readonly next = (): Promise<void> =>
    new Promise((resolve) => {
      this.schedule(resolve)
    })
}
