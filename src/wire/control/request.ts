import type { Actor, ActorKind, EvidenceGrade } from '../../core/policy/decision.ts'
import { fail, ok } from '../../core/result.ts'
import type { Result } from '../../core/result.ts'
import type { ShellName } from '../../core/shell/facts.ts'

/** What a program of the same user may ask of the daemon (docs/format/control.md). */
export type ControlRequest =
  | { readonly request: 'status' | 'sessions' | 'reload' | 'canary' | 'flush' | 'stop' }
  | {
      readonly request: 'check'
      readonly line: string
      readonly shell: ShellName
      readonly cwd: string | null
      readonly actor: Actor
    }

export type ControlRequestName = ControlRequest['request']

const SHELLS: readonly ShellName[] = ['bash', 'zsh', 'sh', 'fish', 'powershell']
const KINDS: readonly ActorKind[] = ['human', 'agent', 'ci', 'script', 'unknown']
const GRADES: readonly EvidenceGrade[] = ['verified', 'corroborated', 'claimed', 'unknown']
const BARE = ['status', 'sessions', 'reload', 'canary', 'flush', 'stop'] as const

/** What goes over the wire: the request with the version of the format. */
export function controlRequestMessage(request: ControlRequest): Readonly<Record<string, unknown>> {
  return { v: 1, ...request }
}

/** A decoded message → a request; unknown fields are refused, so that a later version cannot be half understood. */
export function parseControlRequest(value: unknown): Result<ControlRequest, 'malformed' | 'version'> {
  if (!isRecord(value)) return fail('malformed')
  const { v, request, ...rest } = value
  if (v !== 1) return fail('version')
  const bare = BARE.find((name) => name === request)
  if (bare !== undefined) return Object.keys(rest).length === 0 ? ok({ request: bare }) : fail('malformed')
  if (request !== 'check') return fail('malformed')
  const { line, shell, cwd, actor, ...more } = rest
  const knownShell = SHELLS.find((known) => known === shell)
  const knownActor = parseActor(actor)
  if (Object.keys(more).length > 0 || typeof line !== 'string' || knownShell === undefined || knownActor === null) {
    return fail('malformed')
  }
  if (cwd !== null && typeof cwd !== 'string') return fail('malformed')
  return ok({ request: 'check', line, shell: knownShell, cwd, actor: knownActor })
}

function parseActor(value: unknown): Actor | null {
  if (!isRecord(value)) return null
  const kind = KINDS.find((known) => known === value['kind'])
  const evidence = GRADES.find((known) => known === value['evidence'])
  const name = value['name']
  if (kind === undefined || evidence === undefined || (name !== null && typeof name !== 'string')) return null
  return { kind, name, evidence }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
