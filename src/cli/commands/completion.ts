import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { bashCompletion, fishCompletion, zshCompletion } from '../completion.ts'

export async function run({ output, operands }: CommandContext): Promise<number> {
  const [shell] = operands
  await output.write(shell === 'bash' ? bashCompletion() : shell === 'zsh' ? zshCompletion() : fishCompletion())
  return EXIT.yes
}
