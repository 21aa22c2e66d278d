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
    const variable =
      guard === null
        ? []
        : [
            `  if [ -z "\${BASH_ENV-}" ] && [ -f ${shellQuote(guard)} ]; then BASH_ENV=${shellQuote(guard)}; export BASH_ENV; fi`,
          ]
    // bash under the name of sh, and a restricted one that may redirect nothing, are left alone.
    return [
      'if [ -n "${BASH_VERSION-}" ] && [ "${BASH##*/}" != sh ] && ! shopt -q restricted_shell; then',
      ...variable,
      ...(hook === null ? [] : [`  ${posixSource(hook)}`]),
      'fi',
    ]
  },
  zsh: ({ hook, guard }) => [hook, guard].filter((file) => file !== null).map(posixSource),
  fish: ({ hook, guard }) =>
    [hook, guard]
      .filter((file) => file !== null)
      .map((file) => `if test -f ${fishQuote(file)}; and test -r ${fishQuote(file)}; source ${fishQuote(file)}; end`),
  powershell: ({ hook, guard }) =>
    [guard, hook]
      .filter((file) => file !== null)
      .map(
        (file) =>
          `if (Test-Path -LiteralPath ${powerShellQuote(file)} -PathType Leaf) { try { . ${powerShellQuote(file)} } catch { } }`,
      ),
}

/** A condition that fails gives `if` the status 0; a file that fails must not end a shell under `set -e`. */
function posixSource(file: string): string {
  return `if [ -f ${shellQuote(file)} ] && [ -r ${shellQuote(file)} ]; then . ${shellQuote(file)} || :; fi`
}
