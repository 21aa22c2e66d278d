import { fileURLToPath } from 'node:url'
import { fishQuote, powerShellQuote, shellQuote } from '../core/shell-quote.ts'
import { HOOK_SUFFIX } from './shell-setup.ts'
import type { ShellToHook } from './shell-setup.ts'

/** The line that loads the hook: the shell reads the file itself, and no start of it runs this program. */
export function loadLine(shell: ShellToHook): string {
  // In the sources and in a build alike, the hooks are two folders up.
  const file = fileURLToPath(new URL(`../../shell-hooks/cmdaid.${HOOK_SUFFIX[shell]}`, import.meta.url))
  switch (shell) {
    case 'bash':
    case 'zsh':
      return `source ${shellQuote(file)}`
    case 'fish':
      return `source ${fishQuote(file)}`
    case 'powershell':
      return `. ${powerShellQuote(file)}`
  }
}
