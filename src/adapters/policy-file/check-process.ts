import process from 'node:process'
import type { GatheredSource } from './gather.ts'
import { type Part, type PolicyFiles, loadParts } from './load.ts'
import { type PackedDocument, packDocument } from './packed-document.ts'

/**
 * The entry of the process that reads and checks documents: YAML, schema, every example. It is sent the files' names, answers
 * with one `PackedParts`, and ends when its parent has it.
 */

/** `Parts` as they cross processes: without functions, and with documents packed. */
export type PackedParts = { readonly organisation: PackedPart; readonly user: PackedPart }
export type PackedPart =
  | Exclude<Part, { state: 'good' }>
  | (Omit<Extract<Part, { state: 'good' }>, 'sources'> & { readonly sources: readonly PackedSource[] })
export type PackedSource = Omit<GatheredSource, 'document'> & { readonly document: PackedDocument }

process.once('message', (files: PolicyFiles) => void check(files))

async function check(files: PolicyFiles): Promise<void> {
  const { organisation, user } = await loadParts(files)
  const parts: PackedParts = { organisation: packPart(organisation), user: packPart(user) }
  process.send?.(parts, () => process.disconnect())
}

function packPart(part: Part): PackedPart {
  if (part.state !== 'good') return part
  const sources = part.sources.map(({ document: { file, content }, ...source }) => ({
    ...source,
    document: packDocument(file, content),
  }))
  return { ...part, sources }
}
