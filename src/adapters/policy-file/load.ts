import { type CompileOptions, compilePolicy } from '../../core/policy/compile.ts'
import { type PolicyDiagnostic, sortDiagnostics } from '../../core/policy/diagnostic.ts'
import type { CompiledPolicy } from '../../core/policy/table.ts'
import { type Result, fail } from '../../core/result.ts'
import { type Gathered, type GatheredSource, gatherBase, gatherDefault, gatherDocument } from './gather.ts'
import { refused } from './read-document.ts'

export type PolicyFiles = {
  /** The organisation's document; null to leave it out. */
  readonly organisationPolicyFile: string | null
  /** The user's document; null to leave it out. */
  readonly policyFile: string | null
}

/** One side's documents: not there, good, or refused. */
export type Part =
  | { readonly state: 'absent'; readonly files: readonly string[] }
  | {
      readonly state: 'good'
      readonly files: readonly string[]
      readonly sources: readonly GatheredSource[]
      readonly diagnostics: readonly PolicyDiagnostic[]
    }
  | { readonly state: 'refused'; readonly files: readonly string[]; readonly diagnostics: readonly PolicyDiagnostic[] }

/** Both sides, each checked: schema, references, conditions and every example. */
export type Parts = { readonly organisation: Part; readonly user: Part }

/**
 * Loads the policy of this machine: the organisation's document and the user's, where they are there, else the shipped
 * default. A document that is refused refuses all: the caller keeps what it had.
 */
export async function loadPolicy(files: PolicyFiles): Promise<Result<CompiledPolicy, readonly PolicyDiagnostic[]>> {
  const { organisation, user } = await loadParts(files)
  const findings = [organisation, user].flatMap((part) => (part.state === 'refused' ? part.diagnostics : []))
  if (findings.length > 0) return fail(sortDiagnostics(findings))
  return compilePolicy(await composeSources(sourcesOf(organisation), sourcesOf(user)), WITHOUT_EXAMPLES)
}

/** Loads one document that must be there, with what it extends, and nothing else of the machine. */
export async function loadPolicyFile(file: string): Promise<Result<CompiledPolicy, readonly PolicyDiagnostic[]>> {
  const { user } = await loadParts({ organisationPolicyFile: null, policyFile: file })
  if (user.state === 'absent') return fail(refused(file, 'CMDAID_ERR_POLICY_READ', 'is not there', null).diagnostics)
  if (user.state === 'refused') return fail(user.diagnostics)
  return compilePolicy(await composeSources(null, user.sources), WITHOUT_EXAMPLES)
}

/** Examples were run when the parts were loaded. */
export const WITHOUT_EXAMPLES: CompileOptions = { examples: false }

/** Reads and checks both sides. The user's are checked together with the organisation's, whose ids they may not reuse. */
export async function loadParts({ organisationPolicyFile, policyFile }: PolicyFiles): Promise<Parts> {
  const uid = process.getuid?.() ?? -1
  const organisation = await loadPart(
    organisationPolicyFile,
    organisationPolicyFile === null ? null : await gatherDocument(organisationPolicyFile, 'organisation', uid),
    null,
  )
  const user = await loadPart(
    policyFile,
    policyFile === null ? null : await gatherDocument(policyFile, 'user', uid),
    sourcesOf(organisation),
  )
  return { organisation, user }
}

async function loadPart(
  file: string | null,
  gathered: Gathered | null,
  before: readonly GatheredSource[] | null,
): Promise<Part> {
  if (gathered === null) return { state: 'absent', files: file === null ? [] : [file] }
  const { files, sources, diagnostics } = gathered
  if (diagnostics.some(({ severity }) => severity === 'error'))
    return { state: 'refused', files, diagnostics: sortDiagnostics(diagnostics) }
  const tested = new Set(
    [...(before ?? []), ...sources]
      .filter((source) => source.tested || before?.includes(source))
      .map(({ document }) => document),
  )
  const compiled = compilePolicy(await composeSources(before, sources), {
    examples: (document) => !tested.has(document),
  })
  if (!compiled.ok)
    return { state: 'refused', files, diagnostics: sortDiagnostics([...compiled.error, ...diagnostics]) }
  return {
    state: 'good',
    files,
    sources,
    diagnostics: sortDiagnostics([...compiled.value.diagnostics, ...diagnostics]),
  }
}

export function sourcesOf(part: Part): readonly GatheredSource[] | null {
  return part.state === 'good' ? part.sources : null
}

/**
 * Everything in force: the base pack, the organisation's documents, the user's. A pack that both extend counts once, with
 * the organisation's authority. Without any document, the shipped default.
 */
export async function composeSources(
  organisation: readonly GatheredSource[] | null,
  user: readonly GatheredSource[] | null,
): Promise<readonly GatheredSource[]> {
  const base = await gatherBase()
  const given =
    organisation === null && user === null
      ? (await gatherDefault()).sources
      : [...(organisation ?? []), ...(user ?? [])]
  const sources = new Map<string, GatheredSource>()
  for (const source of [...base.sources, ...given]) {
    if (!sources.has(source.document.file)) sources.set(source.document.file, source)
  }
  return [...sources.values()]
}
