/**
 * What is written into the start file of each shell. The lines do nothing when the program is gone, end with status 0
 * (a start file may have said `set -e`), need no variable (`set -u`), and change nothing but what they load. Those for
 * bash also stand in `~/.profile`, which dash, ksh and others read: nothing in them may be more than POSIX.
 */

import { fishQuote, powerShellQuote, shellQuote } from '../shell-quote.ts'

export type ShellKind = 'bash' | 'zsh' | 'fish' | 'powershell'

/** Absolute paths of what is loaded; null: not in this file. */
export type Loads = {
  /** For a shell that a person types into. */
  readonly hook: string | null
  /** For one that was started to run a text: `bash -c`. */
  readonly guard: string | null
  /** In bash the guard is named by the variable BASH_ENV; or, in the file that BASH_ENV named before, sourced. */
  readonly guardBy?: 'variable' | 'source'
}

/** Lines, each with its end, as UTF-8 bytes in a latin1 text: see block.ts. */
export function linesFor(shell: ShellKind, loads: Loads): string {
  const lines = [
    '# Written by `cmdaid install`; `cmdaid uninstall` takes them out. They belong at the end of this file.',
    ...LINES[shell](loads),
  ]
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8').toString('latin1')
}

/** A path that no quoting makes safe in every shell: PowerShell and `sh` disagree about control characters, and people cannot see them. */
export function isQuotable(path: string): boolean {
  // A lone surrogate stands for bytes that were not UTF-8, which could not be written down again.
  return path.startsWith('/') && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u.test(path)
}

const LINES: Readonly<Record<ShellKind, (loads: Loads) => string[]>> = {
  bash: ({ hook, guard, guardBy = 'variable' }) => {
    if (guard !== null && guardBy === 'source') return [posixSource(guard)]
    // bash under the name of sh, and a restricted one that may redirect nothing, are left alone.
    const lines = ['if [ -n "${BASH_VERSION-}" ] && [ "${BASH##*/}" != sh ] && ! shopt -q restricted_shell; then']
    if (guard !== null) {
      const file = shellQuote(guard)
      lines.push(`  if [ -z "\${BASH_ENV-}" ] && [ -f ${file} ]; then BASH_ENV=${file}; export BASH_ENV; fi`)
    }
    if (hook !== null) {
      // `bash -lc` reads BASH_ENV after this file: what the hook does for strings would be done twice.
      lines.push(`  ${posixSource(hook, guard === null ? '' : '{ [[ $- == *i* ]] || ! shopt -q login_shell; } && ')}`)
    }
    return [...lines, 'fi']
  },
  zsh: ({ hook, guard }) => [hook, guard].filter((file) => file !== null).map((file) => posixSource(file)),
  fish: ({ hook, guard }) =>
    [hook, guard]
      .filter((file) => file !== null)
      .map((file) => `if test -f ${fishQuote(file)}; and test -r ${fishQuote(file)}; source ${fishQuote(file)}; end`),
  // Not with Test-Path: a start would load the module that it is in. Where .NET may not be called the hook could not run.
  powershell: ({ hook, guard }) =>
    [guard, hook]
      .filter((file) => file !== null)
      .map(powerShellQuote)
      .map((file) => `try { if ([IO.File]::Exists(${file})) { . ${file} } } catch { }`),
}

/** A condition that fails gives `if` the status 0; a file that fails must not end a shell under `set -e`. */
function posixSource(file: string, condition = ''): string {
  return `if ${condition}[ -f ${shellQuote(file)} ] && [ -r ${shellQuote(file)} ]; then . ${shellQuote(file)} || :; fi`
}
