import { fileURLToPath } from 'node:url'
import { CmdaidError } from '../../core/errors.ts'
import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { shellQuote } from '../shell-quote.ts'

/** Prints one line: what it sources is read by the shell, so that no hook text goes through `eval`. */
export async function run({ output, operands }: CommandContext): Promise<number> {
  const [shell = ''] = operands
  if (shell !== 'bash' && shell !== 'zsh') {
    throw new CmdaidError('CMDAID_ERR_USAGE', `the hook for ${shell} is not in this version yet`, {
      hint: 'use bash or zsh',
    })
  }
  await output.line(`source ${shellQuote(hookFile(shell))}`)
  return EXIT.yes
}

/** In the sources and in a build alike, the hooks are three folders up. */
export function hookFile(shell: 'bash' | 'zsh'): string {
  return fileURLToPath(new URL(`../../../shell-hooks/cmdaid.${shell}`, import.meta.url))
}
