import { basename } from 'node:path/posix'
import type { Actor } from '../../core/policy/decision.ts'
import type { Ancestor } from './ancestry.ts'

/** What a session claims that bears on who is typing. */
export type AttributionClaims = {
  readonly interactive: boolean
  readonly tty: string | null
  /** Names of marker variables that are set in the shell. */
  readonly markers: readonly string[]
}

/** Programs that run commands on behalf of a model, by the name of the program or of the script an interpreter runs. */
const AGENT_OF_PROGRAM: Readonly<Record<string, string>> = {
  aider: 'aider',
  amp: 'amp',
  auggie: 'augment',
  claude: 'claude-code',
  'claude-code': 'claude-code',
  cline: 'cline',
  codex: 'codex',
  copilot: 'copilot',
  crush: 'crush',
  'cursor-agent': 'cursor',
  gemini: 'gemini-cli',
  'gemini-cli': 'gemini-cli',
  goose: 'goose',
  opencode: 'opencode',
  'qwen-code': 'qwen-code',
}

/** Variables those set for the shells they start. A terminal opened from an agent inherits them: a claim, not a proof. */
const AGENT_OF_MARKER: Readonly<Record<string, string | null>> = {
  AGENT: null,
  AI_AGENT: null,
  AMP_CURRENT_THREAD_ID: 'amp',
  ANTIGRAVITY_AGENT: 'antigravity',
  AUGMENT_AGENT: 'augment',
  CLAUDECODE: 'claude-code',
  CLAUDE_CODE_ENTRYPOINT: 'claude-code',
  CODEX_SANDBOX: 'codex',
  CODEX_THREAD_ID: 'codex',
  COPILOT_AGENT: 'copilot',
  CURSOR_AGENT: 'cursor',
  GEMINI_CLI: 'gemini-cli',
  GOOSE_TERMINAL: 'goose',
  OPENCODE: 'opencode',
}

const CI_OF_PROGRAM: Readonly<Record<string, string>> = {
  'Runner.Worker': 'github-actions',
  'buildkite-agent': 'buildkite',
  circleci: 'circleci',
  'gitlab-runner': 'gitlab',
}

const CI_OF_MARKER: Readonly<Record<string, string | null>> = {
  BUILDKITE: 'buildkite',
  CI: null,
  CIRCLECI: 'circleci',
  GITHUB_ACTIONS: 'github-actions',
  GITLAB_CI: 'gitlab',
  JENKINS_URL: 'jenkins',
}

const INTERPRETER = /^(?:node|bun|deno|python[\d.]*|uv|npx|tsx)$/

/**
 * Who types, from the kernel's list of parents and what the shell says. The list is evidence, a variable a claim: a name
 * that both give is `corroborated`, and so is one found among the parents of a pid that the shell itself told; one that
 * only variables give is `claimed`. Nothing here is `verified`: a FIFO carries no credentials of who wrote into it.
 */
export function attribute(chain: readonly Ancestor[], claims: AttributionClaims): Actor {
  const agent = nearest(chain, AGENT_OF_PROGRAM)
  if (agent !== null) return { kind: 'agent', name: agent, evidence: 'corroborated' }
  const claimedAgent = marker(claims.markers, AGENT_OF_MARKER)
  if (claimedAgent !== null) return { kind: 'agent', name: claimedAgent.name, evidence: 'claimed' }
  const ci = nearest(chain, CI_OF_PROGRAM)
  if (ci !== null) return { kind: 'ci', name: ci, evidence: 'corroborated' }
  const claimedCi = marker(claims.markers, CI_OF_MARKER)
  if (claimedCi !== null) return { kind: 'ci', name: claimedCi.name, evidence: 'claimed' }
  const terminal = chain[0]?.hasTerminal ?? null
  if (claims.interactive && claims.tty !== null) {
    return { kind: 'human', name: null, evidence: terminal === true ? 'corroborated' : 'claimed' }
  }
  if (claims.interactive) return { kind: 'unknown', name: null, evidence: 'unknown' }
  return { kind: 'script', name: null, evidence: terminal === false ? 'corroborated' : 'claimed' }
}

/** The nearest parent that the table knows: the program itself, or the script that an interpreter runs. */
function nearest(chain: readonly Ancestor[], table: Readonly<Record<string, string>>): string | null {
  for (const ancestor of chain) {
    for (const name of namesOf(ancestor)) {
      const found = Object.hasOwn(table, name) ? table[name] : undefined
      if (found !== undefined) return found
    }
  }
  return null
}

function namesOf(ancestor: Ancestor): readonly string[] {
  const [program = '', script = '', module = ''] = ancestor.arguments
  const name = basename(program)
  const names = [ancestor.name, name]
  if (!INTERPRETER.test(name) && !INTERPRETER.test(ancestor.name)) return names
  if (script === '-m') return [...names, module]
  // `node …/node_modules/@openai/codex/bin/codex.js`: the file or the package carries the name.
  const file = basename(script).replace(/\.(?:js|mjs|cjs|py|ts)$/, '')
  const packageName = /.*\/(?:node_modules|site-packages)\/(?:@[^/]+\/)?([^/]+)\//.exec(script)?.[1]
  return packageName === undefined ? [...names, file] : [...names, file, packageName]
}

function marker(
  markers: readonly string[],
  table: Readonly<Record<string, string | null>>,
): { readonly name: string | null } | null {
  let found: { readonly name: string | null } | null = null
  for (const name of markers) {
    if (!Object.hasOwn(table, name)) continue
    if (found === null || found.name === null) found = { name: table[name] ?? null }
  }
  return found
}
