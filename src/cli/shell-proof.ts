import { setTimeout as sleep } from 'node:timers/promises'
import { Terminal } from '../adapters/pty/terminal.ts'
import { controlCall } from '../adapters/unix-socket/control-call.ts'
import { CmdaidError } from '../core/errors.ts'
import { CONTROL_CLI_WAIT_MS, SHELL_PROOF_MS, SHELL_PROOF_POLL_MS } from '../core/limits.ts'
import type { SessionStatus } from '../wire/control/response.ts'
import type { ShellToHook } from './shell-setup.ts'

/** How far a shell came that was started as a person would start it. */
export type ShellProof =
  /** It joined, and its canary was answered: `session` has the outcome. */
  | { readonly kind: 'answered'; readonly session: SessionStatus }
  /** It joined, and no canary came in time. */
  | { readonly kind: 'silent' }
  /** It did not join in time. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** It could not be started, and why. */
  | { readonly kind: 'not-started'; readonly error: CmdaidError }

export type ShellProofInput = {
  readonly shell: ShellToHook
  /** Absolute path. */
  readonly program: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly controlSocket: string
  readonly signal: AbortSignal
  /** By default `SHELL_PROOF_MS`. */
  readonly waitMs?: number
}

/**
 * Starts the shell in a terminal of its own, with the person's start files, and waits for the canary that a hook sends at the first
 * prompt. Nothing is typed, so nothing runs and no history grows but what the start files do; then the shell is killed, which lets it write
 * nothing. One whose canary got no answer in time (a busy machine) is followed by another. Never takes much longer than
 * `SHELL_PROOF_MS`.
 */
export async function proveShell(input: ShellProofInput): Promise<ShellProof> {
  const end = Date.now() + (input.waitMs ?? SHELL_PROOF_MS)
  try {
    for (;;) {
      const proof = await proveOnce(input, end)
      const late = proof.kind === 'silent' || (proof.kind === 'answered' && proof.session.canary?.outcome === 'failed')
      if (!late || Date.now() >= end || input.signal.aborted) return proof
    }
  } catch (error) {
    if (!(error instanceof CmdaidError)) throw error
    return { kind: 'not-started', error }
  }
}

async function proveOnce(input: ShellProofInput, end: number): Promise<ShellProof> {
  const { shell, program, env, home, signal } = input
  await using terminal = await Terminal.open({ command: [program, ...ARGUMENTS[shell]], env: quietEnv(env), cwd: home })
  let looks = 0
  while (Date.now() < end && !signal.aborted) {
    const session = await sessionOf(terminal.pid, input)
    if (session !== null && session.canary !== null) return { kind: 'answered', session }
    if (terminal.exit !== null) return { kind: 'ended', exitCode: terminal.exit.exitCode }
    if (session !== null) looks += 1
    if (looks > LOOKS_FOR_CANARY) return { kind: 'silent' }
    await sleep(SHELL_PROOF_POLL_MS)
  }
  return { kind: looks > 0 ? 'silent' : 'absent' }
}

/** The canary follows the hello at once: where it has not come after two seconds, it does not come any more. */
const LOOKS_FOR_CANARY = Math.ceil(2_000 / SHELL_PROOF_POLL_MS)

const ARGUMENTS: Readonly<Record<ShellToHook, readonly string[]>> = {
  bash: ['-i'],
  zsh: ['-i'],
  fish: ['-i'],
  powershell: ['-NoLogo'],
}

/** Start files that open a multiplexer do so only outside of one: from inside a test, a session would stay behind. */
function quietEnv(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...Object.fromEntries(known), TERM: 'xterm-256color', TMUX: '/nowhere,0,0', STY: 'cmdaid', ZELLIJ: '0' }
}

async function sessionOf(pid: number, { controlSocket, signal }: ShellProofInput): Promise<SessionStatus | null> {
  const options = { timeoutMs: CONTROL_CLI_WAIT_MS, signal }
  const { sessions } = await controlCall(controlSocket, { request: 'sessions' }, options)
  return sessions.find((session) => session.pid === pid) ?? null
}
