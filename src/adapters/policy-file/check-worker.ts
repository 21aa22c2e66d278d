import { parentPort, workerData } from 'node:worker_threads'
import type { GatheredSource } from './gather.ts'
import { type Part, type Parts, type PolicyFiles, loadParts } from './load.ts'

/**
 * The entry of the worker thread that reads and checks documents: YAML, schema, every example. It sends one `PlainParts`
 * and ends, so that what it loaded leaves the daemon's memory again.
 */

/** `Parts` without functions, as it crosses threads. */
export type PlainParts = { readonly organisation: PlainPart; readonly user: PlainPart }
export type PlainPart =
  | Exclude<Part, { state: 'good' }>
  | (Omit<Extract<Part, { state: 'good' }>, 'sources'> & { readonly sources: readonly PlainSource[] })
export type PlainSource = Omit<GatheredSource, 'document'> & {
  readonly document: Omit<GatheredSource['document'], 'locate'>
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port, not a window
parentPort?.postMessage(plain(await loadParts(workerData as PolicyFiles)))

function plain({ organisation, user }: Parts): PlainParts {
  return { organisation: plainPart(organisation), user: plainPart(user) }
}

function plainPart(part: Part): PlainPart {
  if (part.state !== 'good') return part
  return {
    ...part,
    sources: part.sources.map(({ document: { file, content }, ...source }) => ({
      ...source,
      document: { file, content },
    })),
  }
}
