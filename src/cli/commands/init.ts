import { buildRelay } from '../../adapters/shell-relay/build-relay.ts'
import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { loadLine } from '../hook-file.ts'
import { usage } from '../parse-arguments.ts'

export async function run({ output, operands, paths }: CommandContext): Promise<number> {
  const [shell = ''] = operands
  if (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish') {
    throw usage(`the hook for ${shell} is not in this version yet`, 'use bash, zsh or fish')
  }
  if (shell === 'fish') await buildRelay(paths.stateDir)
  await output.line(loadLine(shell))
  return EXIT.yes
}
