import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { helpFor } from '../help.ts'
import { findCommand } from '../parse-arguments.ts'

export async function run({ output, operands }: CommandContext): Promise<number> {
  if (operands.length === 0) {
    await output.write(helpFor([]))
    return EXIT.yes
  }
  // A group without its verb has a text of its own.
  const { words } = findCommand(operands.length === 1 ? [...operands, '--help'] : operands)
  await output.write(helpFor(words))
  return EXIT.yes
}
