import type { ShellName } from '../../core/shell/facts.ts'

/** A shell with a person at it, found among the processes of a user. */
export type ShellProcess = {
  readonly shell: ShellName
  readonly pid: number
  /** See `ProcessInfo.start`. Null where the kernel does not tell. */
  readonly start: string | null
  /** The terminal as the system names it: `/dev/pts/3`. */
  readonly tty: string | null
  /** How long it has run, in milliseconds. */
  readonly ageMs: number
}

/** By the name of the program; null for any other. A login shell's name begins with a dash. */
export function shellOfProgram(name: string): ShellName | null {
  switch (name.replace(/^-/, '').replace(/^.*\//, '')) {
    case 'bash':
      return 'bash'
    case 'zsh':
      return 'zsh'
    case 'fish':
      return 'fish'
    case 'pwsh':
    case 'pwsh-preview':
      return 'powershell'
    default:
      return null
  }
}

/**
 * Whether a shell with these arguments waits for a person to type: it was given no string and no file to run, or was told to be
 * interactive all the same. `args` without the program's own name.
 */
export function isForPerson(shell: ShellName, args: readonly string[]): boolean {
  if (shell === 'powershell') return isPowerShellForPerson(args)
  const takesValue = shell === 'fish' ? FISH_VALUES : POSIX_VALUES
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? ''
    if (arg === '--' || arg === '-') return at + 1 >= args.length
    if (!/^[-+]./.test(arg)) return false
    if (arg === '--interactive') return true
    if (arg === '--command' || arg.startsWith('--command=')) return false
    if (arg.startsWith('--')) {
      if (takesValue.has(arg)) at += 1
      continue
    }
    // A cluster of letters: `-lic` is interactive, `-lc` runs a string.
    if (arg.startsWith('-') && arg.includes('i')) return true
    if (arg.startsWith('-') && arg.includes('c')) return false
    if (takesValue.has(arg)) at += 1
  }
  return true
}

/** Options that take the next word: `bash --rcfile F`, `-o OPTION`, `fish -C COMMAND` (which stays at the prompt afterwards). */
const POSIX_VALUES: ReadonlySet<string> = new Set(['--rcfile', '--init-file', '-o', '+o', '-O', '+O'])
const FISH_VALUES: ReadonlySet<string> = new Set(['-C', '--init-command', '-d', '--debug', '-f', '--features', '-o'])

function isPowerShellForPerson(args: readonly string[]): boolean {
  const names = args.map((arg) => arg.toLowerCase())
  if (names.some((name) => name.startsWith('-noe'))) return true
  if (names.some((name) => name.startsWith('-noni'))) return false
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] ?? ''
    // A word that is no option's value is a file to run: `pwsh x.ps1`.
    if (POWERSHELL_RUNS.test(name) || !name.startsWith('-')) return false
    if (POWERSHELL_VALUED.test(name)) at += 1
  }
  return true
}

const POWERSHELL_RUNS = /^-(?:c|com.*|cwa|e|ec|en.*|f|fi.*)$/
const POWERSHELL_VALUED = /^-(?:ex.*|ep|cu.*|con.*|settings.*|o|of|ou.*|inp.*|if|wd|wo.*|w|wi.*)$/
