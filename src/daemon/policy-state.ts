import { openPolicy } from '../adapters/policy-file/open-policy.ts'
import type { OpenedPolicy } from '../adapters/policy-file/open-policy.ts'
import type { Clock } from '../adapters/clock/clock.ts'
import type { Logger } from '../adapters/log/log.ts'
import type { AuditEvent } from '../core/event/event.ts'
import type { Paths } from '../core/paths.ts'
import type { CompiledPolicy } from '../core/policy/table.ts'
import type { PolicyDiagnostic } from '../core/policy/diagnostic.ts'
import type { ControlValues, PolicyStatus } from '../wire/control/response.ts'

export type PolicyStateParts = {
  readonly paths: Paths
  readonly append: (event: AuditEvent) => void
  readonly clock: Clock
  readonly log: Logger
  /** A new policy is in force; `generation` is one more than before. */
  readonly onGeneration: (generation: number) => void
}

/** The policy in force, what became of the last attempt to change it, and the record of both. */
export class PolicyState implements AsyncDisposable {
  readonly #parts: PolicyStateParts
  readonly #closing = new AbortController()
  #opened: OpenedPolicy | null = null
  #generation = 0
  #loadedAt = 0
  #rejected: { readonly at: number; readonly detail: string } | null = null

  private constructor(parts: PolicyStateParts) {
    this.#parts = parts
  }

  static async open(parts: PolicyStateParts): Promise<PolicyState> {
    const state = new PolicyState(parts)
    const { paths } = parts
    state.#opened = await openPolicy({
      paths: { organisationPolicyFile: paths.organisationPolicyFile, policyFile: paths.policyFile },
      onLoaded: (policy) => state.#loaded(policy),
      onRejected: (diagnostics) => state.#refused(diagnostics),
      signal: state.#closing.signal,
    })
    return state
  }

  get current(): CompiledPolicy {
    if (this.#opened === null) throw new Error('the policy is used before it is open')
    return this.#opened.current
  }

  get generation(): number {
    return this.#generation
  }

  get status(): PolicyStatus {
    const { hash, mode, rules } = this.current
    const rejected =
      this.#rejected === null ? null : { at: new Date(this.#rejected.at).toISOString(), detail: this.#rejected.detail }
    return { hash, mode, rules: rules.length, loadedAt: new Date(this.#loadedAt).toISOString(), rejected }
  }

  /** Reads the files again, now. Resolves once they are in force or were refused. */
  async reload(): Promise<ControlValues['reload']> {
    this.#rejected = null
    await this.#opened?.reload()
    const { rejected } = this.status
    return { taken: rejected === null, policyHash: this.current.hash, detail: rejected?.detail ?? '' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#opened?.[Symbol.asyncDispose]()
  }

  #loaded(policy: CompiledPolicy): void {
    const { append, clock, log, onGeneration } = this.#parts
    this.#generation += 1
    this.#loadedAt = Number(clock.nowUs() / 1_000n)
    this.#rejected = null
    log.info({ hash: policy.hash, rules: policy.rules.length, mode: policy.mode }, 'policy in force')
    append({
      kind: 'policy',
      outcome: 'loaded',
      policyHash: policy.hash,
      source: policy.files.join(', '),
      detail: '',
      atUs: clock.nowUs(),
    })
    onGeneration(this.#generation)
  }

  #refused(diagnostics: readonly PolicyDiagnostic[]): void {
    const { append, clock, log } = this.#parts
    const detail = diagnostics.map(oneLine).join('\n')
    this.#rejected = { at: Number(clock.nowUs() / 1_000n), detail }
    log.error(
      { diagnostics: diagnostics.length, first: diagnostics[0]?.code },
      'policy refused, the last good one stays',
    )
    append({
      kind: 'policy',
      outcome: 'rejected',
      // Refused at the very start there is no policy yet to name; the one that follows is recorded as loaded.
      policyHash: this.#opened?.current.hash ?? '',
      source: [...new Set(diagnostics.map(({ file }) => file))].join(', '),
      detail,
      atUs: clock.nowUs(),
    })
  }
}

function oneLine({ file, line, column, code, message }: PolicyDiagnostic): string {
  return `${file}:${line}:${column}: ${code}: ${message}`
}
