import type { AuditStore } from '../adapters/audit-store/store.ts'
import type { AuditEvent } from '../core/event/event.ts'

/**
 * The record from the moment on that it begins to open: opening waits for the disk and for another thread, and the rest
 * of the start need not wait for both. What happens meanwhile is kept in order and appended first.
 */
export class Recording implements AsyncDisposable {
  readonly #opening: Promise<AuditStore>
  #early: AuditEvent[] = []
  #store: AuditStore | null = null

  constructor(opening: Promise<AuditStore>) {
    this.#opening = opening
    // Who waits for `opened` learns of a failure; until then it is not unhandled.
    opening.catch(() => undefined)
  }

  readonly append = (event: AuditEvent): void => {
    if (this.#store === null) this.#early.push(event)
    else this.#store.append(event)
  }

  /** Events taken in that are not durable yet. */
  get queued(): number {
    return this.#store?.queued ?? this.#early.length
  }

  /** Rejects when the record cannot be opened: then nothing may be served. */
  async opened(): Promise<AuditStore> {
    const store = await this.#opening
    if (this.#store === null) {
      this.#store = store
      for (const event of this.#early) store.append(event)
      this.#early = []
    }
    return store
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const store = await this.#opening.catch(() => null)
    await store?.[Symbol.asyncDispose]()
  }
}
