import { compilePolicy } from '../../core/policy/compile.ts'
import { type PolicyDiagnostic, sortDiagnostics } from '../../core/policy/diagnostic.ts'
import { type ExampleResult, tryExamples } from '../../core/policy/examples.ts'
import type { CompiledPolicy } from '../../core/policy/table.ts'
import { type Result, fail, ok } from '../../core/result.ts'
import { type GatheredSource, gatherDocument } from './gather.ts'
import { composeSources, loadParts } from './load.ts'
import { refused } from './read-document.ts'

export type Validation = {
  /** Null when the document is refused. */
  readonly policy: CompiledPolicy | null
  /** Errors, warnings and notes, sorted. */
  readonly diagnostics: readonly PolicyDiagnostic[]
}

/** Everything there is to say about one document and what it extends, examples included: `cmdaid policy validate`. */
export async function validatePolicyFile(file: string): Promise<Validation> {
  const { user } = await loadParts({ organisationPolicyFile: null, policyFile: file })
  if (user.state === 'absent') return { policy: null, diagnostics: missing(file) }
  if (user.state === 'refused') return { policy: null, diagnostics: user.diagnostics }
  const compiled = compilePolicy(await composeSources(null, user.sources), { examples: false })
  return compiled.ok
    ? { policy: compiled.value, diagnostics: user.diagnostics }
    : { policy: null, diagnostics: compiled.error }
}

export type ExampleReport = { readonly policy: CompiledPolicy; readonly results: readonly ExampleResult[] }

/** Runs every example of a document and of what it extends, shipped packs included: `cmdaid policy test`. */
export async function testPolicyFile(file: string): Promise<Result<ExampleReport, readonly PolicyDiagnostic[]>> {
  const gathered = await gatherDocument(file, 'user', process.getuid?.() ?? -1)
  if (gathered === null) return fail(missing(file))
  if (gathered.diagnostics.some(({ severity }) => severity === 'error'))
    return fail(sortDiagnostics(gathered.diagnostics))
  const sources = await composeSources(null, gathered.sources)
  const compiled = compilePolicy(sources, { examples: false })
  return compiled.ok
    ? ok({ policy: compiled.value, results: examplesOf(sources, compiled.value) })
    : fail(compiled.error)
}

/** The examples of documents that compiled, tried anew. */
export function examplesOf(
  sources: readonly Pick<GatheredSource, 'document'>[],
  policy: CompiledPolicy,
): readonly ExampleResult[] {
  const rules = new Map<string, CompiledPolicy['rules'][number]>(policy.rules.map((rule) => [rule.id, rule]))
  const exceptions = new Map(policy.exceptions.map((exception) => [exception.id, exception]))
  return sources.flatMap(({ document: { content } }) => [
    ...(content.rules ?? []).flatMap((rule) => resultsOf(rule, rules.get(rule.id))),
    ...(content.exceptions ?? []).flatMap((exception) => resultsOf(exception, exceptions.get(exception.id))),
  ])
}

type Tested = Parameters<typeof tryExamples>

function resultsOf(examples: Tested[0], compiled: Tested[1] | undefined): readonly ExampleResult[] {
  return compiled === undefined ? [] : tryExamples(examples, compiled)
}

function missing(file: string): readonly PolicyDiagnostic[] {
  return refused(file, 'CMDAID_ERR_POLICY_READ', 'is not there', null).diagnostics
}
