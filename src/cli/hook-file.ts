import { fileURLToPath } from 'node:url'
import { shellQuote } from './shell-quote.ts'

/** The line that loads the hook: the shell reads the file itself, and no start of it runs this program. */
export function loadLine(shell: 'bash' | 'zsh'): string {
  // In the sources and in a build alike, the hooks are two folders up.
  return `source ${shellQuote(fileURLToPath(new URL(`../../shell-hooks/cmdaid.${shell}`, import.meta.url)))}`
}
