import { parentPort, workerData } from 'node:worker_threads'
import type { GatheredSource } from './gather.ts'
import { type Part, type PolicyFiles, loadParts } from './load.ts'
import { type PackedDocument, packDocument } from './packed-document.ts'

/**
 * The entry of the worker thread that reads and checks documents: YAML, schema, every example. It sends one `PackedParts`
 * and ends, so that what it loaded leaves the daemon's memory again.
 */

/** `Parts` as they cross threads: without functions, and with documents packed. */
export type PackedParts = { readonly organisation: PackedPart; readonly user: PackedPart }
export type PackedPart =
  | Exclude<Part, { state: 'good' }>
  | (Omit<Extract<Part, { state: 'good' }>, 'sources'> & { readonly sources: readonly PackedSource[] })
export type PackedSource = Omit<GatheredSource, 'document'> & { readonly document: PackedDocument }

const { organisation, user } = await loadParts(workerData as PolicyFiles)
const parts: PackedParts = { organisation: packPart(organisation), user: packPart(user) }
parentPort?.postMessage(parts, buffersOf(parts))

function packPart(part: Part): PackedPart {
  if (part.state !== 'good') return part
  const sources = part.sources.map(({ document: { file, content }, ...source }) => ({
    ...source,
    document: packDocument(file, content),
  }))
  return { ...part, sources }
}

function buffersOf(packed: PackedParts): ArrayBuffer[] {
  return [packed.organisation, packed.user].flatMap((part) =>
    part.state === 'good' ? part.sources.map(({ document }) => document.lines.buffer) : [],
  )
}
