import { SESSION_SAVE_MS } from '../core/limits.ts'

export type SessionSaverParts = {
  /** See `SessionTable.takeChanges`; when all that was taken in is settled. */
  readonly takeChanges: () => Promise<(() => Promise<void>) | null>
  /** Resolves once everything appended so far is synced. */
  readonly flush: () => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Saves sessions a little after they changed, never before the record of the change is safe. At most one save runs. */
export class SessionSaver {
  readonly #parts: SessionSaverParts
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(parts: SessionSaverParts) {
    this.#parts = parts
  }

  /** Something changed. Cheap: called for every frame. */
  poke(): void {
    this.#timer ??= setTimeout(() => {
      this.#running = this.#running.then(() => this.#save()).catch(this.#parts.onError)
      this.#timer = null
    }, SESSION_SAVE_MS)
  }

  /** Saves what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#running
    await this.#save()
  }

  async #save(): Promise<void> {
    const write = await this.#parts.takeChanges()
    if (write === null) return
    await this.#parts.flush()
    await write()
  }
}
