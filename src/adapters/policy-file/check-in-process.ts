import { fork } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { POLICY_LOAD_MS_MAX } from '../../core/limits.ts'
import type { PackedPart, PackedParts, PackedSource } from './check-process.ts'
import type { GatheredSource } from './gather.ts'
import { inSlices } from './in-slices.ts'
import type { Part, Parts, PolicyFiles } from './load.ts'
import { unpackDocument } from './packed-document.ts'
import { refused } from './read-document.ts'
import { documentWithoutPlaces } from './shipped-packs.ts'

/** Memory the process may use (MiB): a document that needs more is refused, and the daemon goes on. */
const HEAP_MEBIBYTES_MAX = 1_024

/**
 * Reads and checks the documents in a process of its own, so that no verdict waits for YAML, schema or examples, and so that
 * what they needed is the system's again: the memory of a thread that ended stays with the daemon (some 40 MB). Never
 * rejects: a process that runs out of time or memory is a refused document.
 */
export async function checkInProcess(files: PolicyFiles, signal: AbortSignal): Promise<Parts> {
  // In the sources this module is TypeScript, in a build JavaScript; so is its neighbour.
  const entry = new URL(import.meta.url.endsWith('.ts') ? './check-process.ts' : './check-process.js', import.meta.url)
  // Of the environment only where compiled code is kept, below a folder for each version of Node: it makes a start shorter.
  const compileCache = getCompileCacheDir()
  const child = fork(fileURLToPath(entry), {
    env: compileCache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compileCache) },
    execArgv: [`--max-old-space-size=${HEAP_MEBIBYTES_MAX}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = new AbortController()
  child.once('exit', (code, killedBy) => ended.abort(new Error(`the check ended with ${killedBy ?? code}`)))
  child.once('error', (error) => ended.abort(error))
  try {
    const bounded = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(POLICY_LOAD_MS_MAX)])
    child.send(files)
    const [parts] = (await once(child, 'message', { signal: bounded })) as [PackedParts]
    return { organisation: await unpackPart(parts.organisation), user: await unpackPart(parts.user) }
  } catch (cause) {
    return failed(files, reasonOf(cause))
  } finally {
    child.kill('SIGKILL')
  }
}

/** What was wrong, not that waiting for it was given up. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {}
  return cause instanceof Error ? cause.message : error instanceof Error ? error.message : 'unknown error'
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
