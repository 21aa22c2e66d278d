import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PROJECT_DIR } from './home.ts'
import type { TemporaryHome } from './home.ts'
import { PtyShell } from './pty.ts'

export type HookedShell = 'bash' | 'zsh'

/** What every prompt of a test shell ends with. */
export const PROMPT = '@@> '

export type ShellOptions = {
  /** Lines of the rc file before and after the hook is loaded. */
  readonly before?: string
  readonly after?: string
  /** Seconds that the hook waits for an answer. Long by default: a busy test machine is not a hung daemon. */
  readonly waitSeconds?: number
  /** Without the hook, to compare. */
  readonly hook?: boolean
  /** Another folder of hooks than `hookFolder()`. */
  readonly hooks?: string
  /** Another binary than the one that `CMDAID_TEST_BASH` or `CMDAID_TEST_ZSH` names, by default the one in PATH. */
  readonly program?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Where the hooks are that shells load: those of the project, or those that `CMDAID_TEST_HOOKS_DIR` names. */
function hookFolder(): string {
  return process.env['CMDAID_TEST_HOOKS_DIR'] ?? join(PROJECT_DIR, 'shell-hooks')
}

export function hookFile(shell: HookedShell, folder = hookFolder()): string {
  return join(folder, `cmdaid.${shell}`)
}

export function testedProgram(shell: HookedShell): string {
  return process.env[shell === 'bash' ? 'CMDAID_TEST_BASH' : 'CMDAID_TEST_ZSH'] ?? shell
}

/** Whether the tested bash takes the loadable builtin, which remembers in every version and tells an end without waiting. */
export function takesLoadable(): boolean {
  const file = join(dirname(hookFile('bash')), 'loadable', 'cmdaid-bash.so')
  const load = `((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) && enable -f '${file}' __cmdaid_native`
  return existsSync(file) && spawnSync(testedProgram('bash'), ['-c', load], { stdio: 'ignore' }).status === 0
}

/** The file that `say` appends to: what is in it has run, what is not has not. */
export function sayLog(home: TemporaryHome): string {
  return join(home.dir, 'said')
}

/** Lines that `say` has written so far. */
export function said(home: TemporaryHome): readonly string[] {
  const file = sayLog(home)
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
}

/** Forgets what `say` has written. */
export function forgetSaid(home: TemporaryHome): void {
  rmSync(sayLog(home), { force: true })
}

/**
 * Starts a shell whose rc file defines `say WORD…` (appends its words to a file) and the commands that test policies
 * refuse, ask about and warn of, each of which would leave its trace there too. `$TEST_RC` is that rc file, for a shell in it.
 */
export async function startShell(
  shell: HookedShell,
  home: TemporaryHome,
  {
    before = '',
    after = '',
    hook = true,
    hooks = hookFolder(),
    waitSeconds = 10,
    program = testedProgram(shell),
    env = {},
  }: ShellOptions = {},
): Promise<PtyShell> {
  const folder = mkdtempSync(join(home.dir, 'rc-'))
  const file = join(folder, shell === 'bash' ? 'bashrc' : '.zshrc')
  const rc = [
    shell === 'bash' ? `PS1='${PROMPT}' PS2='... '` : `PROMPT='${PROMPT}' PROMPT2='... ' RPROMPT= PROMPT_SP=`,
    shell === 'bash' ? '' : 'unsetopt prompt_cr prompt_sp; bindkey -e',
    `say() { builtin printf '%s\\n' "$*" >>'${sayLog(home)}'; }`,
    'DENYME() { say DENYME ran; }',
    'CONFIRMME() { say CONFIRMME ran; }',
    'WARNME() { say WARNME ran; }',
    `TEST_RC='${file}'`,
    before,
    hook
      ? `source '${hookFile(shell, hooks)}'; __cmdaid_wait=${waitSeconds.toFixed(6)}; ${shell === 'bash' ? 'export -n' : 'typeset -g +x'} __cmdaid_wait`
      : '',
    after,
    '',
  ].join('\n')
  writeFileSync(file, rc)
  return PtyShell.start({
    command: shell === 'bash' ? [program, '--noprofile', '--rcfile', file, '-i'] : [program, '-d', '-i'],
    env: { ...home.env, ...(shell === 'zsh' ? { ZDOTDIR: folder } : {}), ...env },
    cwd: home.dir,
    prompt: PROMPT,
  })
}
