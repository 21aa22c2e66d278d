import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { loadLine } from '../hook-file.ts'
import { usage } from '../parse-arguments.ts'

export async function run({ output, operands }: CommandContext): Promise<number> {
  const [shell = ''] = operands
  if (shell !== 'bash' && shell !== 'zsh') {
    throw usage(`the hook for ${shell} is not in this version yet`, 'use bash or zsh')
  }
  await output.line(loadLine(shell))
  return EXIT.yes
}
