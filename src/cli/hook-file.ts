import { fileURLToPath } from 'node:url'
import { fishQuote, shellQuote } from './shell-quote.ts'

/** The line that loads the hook: the shell reads the file itself, and no start of it runs this program. */
export function loadLine(shell: 'bash' | 'zsh' | 'fish'): string {
  // In the sources and in a build alike, the hooks are two folders up.
  const file = fileURLToPath(new URL(`../../shell-hooks/cmdaid.${shell}`, import.meta.url))
  return `source ${shell === 'fish' ? fishQuote(file) : shellQuote(file)}`
}
