import { MEMORY_RETURN_FRAMES_MIN, MEMORY_RETURN_LOOKS } from '../core/limits.ts'

/**
 * V8 keeps what a burst of lines or a new policy took, a third of the daemon's heap, and its collector finds no reason to begin while
 * nothing happens. So once shells have been quiet for a while the heap is collected and compacted, and what is free goes back to the
 * system. That takes tens of milliseconds, in which nobody is answered: it is done seldom, and when a line is least likely to come.
 */
export class MemoryReturn {
  readonly #collect: () => void
  /** Frames, or what costs as much, since the last collection. */
  #frames = MEMORY_RETURN_FRAMES_MIN
  #isQuiet = false
  #quietLooks = 0

  constructor(collect: () => void) {
    this.#collect = collect
  }

  /** A shell sent something. */
  heard(): void {
    this.#frames += 1
    this.#isQuiet = false
  }

  /** Something was done that leaves much behind: there is a new policy. */
  littered(): void {
    this.#frames += MEMORY_RETURN_FRAMES_MIN
    this.#isQuiet = false
  }

  /** Called every `SESSION_POLL_MS`. */
  look(): void {
    this.#quietLooks = this.#isQuiet ? this.#quietLooks + 1 : 0
    this.#isQuiet = true
    if (this.#quietLooks < MEMORY_RETURN_LOOKS || this.#frames < MEMORY_RETURN_FRAMES_MIN) return
    this.#frames = 0
    this.#collect()
  }
}

/** Returns how long it took (milliseconds); null where Node was not started with `--expose-gc`: there nothing happens. */
export function collectAndCompact(): number | null {
  if (globalThis.gc === undefined) return null
  const startMs = performance.now()
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  return performance.now() - startMs
}
