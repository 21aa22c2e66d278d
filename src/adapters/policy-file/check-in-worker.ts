import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { POLICY_LOAD_MS_MAX } from '../../core/limits.ts'
import type { PackedPart, PackedParts, PackedSource } from './check-worker.ts'
import type { GatheredSource } from './gather.ts'
import { inSlices } from './in-slices.ts'
import type { Part, Parts, PolicyFiles } from './load.ts'
import { unpackDocument } from './packed-document.ts'
import { refused } from './read-document.ts'
import { documentWithoutPlaces } from './shipped-packs.ts'

/** Memory the worker may use (MiB): a document that needs more is refused, and the daemon goes on. */
const HEAP_MEBIBYTES_MAX = 1_024

/**
 * Reads and checks the documents in a thread of its own, so that no verdict waits for YAML, schema or examples. Never
 * rejects: a worker that runs out of time or memory is a refused document.
 */
export async function checkInWorker(files: PolicyFiles, signal: AbortSignal): Promise<Parts> {
  // In the sources this module is TypeScript, in a build JavaScript; so is its neighbour.
  const entry = new URL(import.meta.url.endsWith('.ts') ? './check-worker.ts' : './check-worker.js', import.meta.url)
  const worker = new Worker(entry, {
    workerData: files,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
  })
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(POLICY_LOAD_MS_MAX)])
    const [parts] = (await once(worker, 'message', { signal: bounded })) as [PackedParts]
    return { organisation: await unpackPart(parts.organisation), user: await unpackPart(parts.user) }
  } catch (cause) {
    return failed(files, cause instanceof Error ? cause.message : 'unknown error')
  } finally {
    await worker.terminate()
  }
}

async function unpackPart(part: PackedPart): Promise<Part> {
  if (part.state !== 'good') return part
  const sources: GatheredSource[] = []
  for (const source of part.sources) sources.push(await unpackSource(source))
  return { ...part, sources }
}

async function unpackSource({ document, ...source }: PackedSource): Promise<GatheredSource> {
  return { ...source, document: documentWithoutPlaces(document.file, await inSlices(unpackDocument(document))) }
}

/** Nobody knows which document it was: both are refused, and what was in force stays. */
function failed({ organisationPolicyFile, policyFile }: PolicyFiles, why: string): Parts {
  const part = (file: string | null): Part =>
    file === null
      ? { state: 'absent', files: [] }
      : {
          state: 'refused',
          files: [file],
          diagnostics: refused(file, 'CMDAID_ERR_POLICY_TOO_LARGE', `could not be checked: ${why}`, null).diagnostics,
        }
  return { organisation: part(organisationPolicyFile), user: part(policyFile) }
}
