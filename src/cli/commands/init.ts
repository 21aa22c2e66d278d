import { compileHook } from '../../adapters/compiled-hooks/compile-hook.ts'
import { EXIT } from '../command.ts'
import { HOOKED_SHELLS } from '../command-table.ts'
import type { CommandContext } from '../command.ts'
import { loadLine } from '../hook-file.ts'
import { usage } from '../parse-arguments.ts'
import { TAKES_LOADABLE } from '../install/compiled.ts'
import type { ShellToHook } from '../shell-setup.ts'

export async function run({ output, operands, paths }: CommandContext): Promise<number> {
  const [shell = ''] = operands
  if (!isHooked(shell)) throw usage(`there is no hook for ${shell}`, `use one of ${HOOKED_SHELLS.join(', ')}`)
  if (shell === 'fish') await compileHook('relay', paths.stateDir)
  // A hook without its builtin works as well, more slowly.
  if (shell === 'bash' && TAKES_LOADABLE) await compileHook('loadable', paths.stateDir).catch(() => null)
  await output.line(loadLine(shell))
  return EXIT.yes
}

function isHooked(name: string): name is ShellToHook {
  return HOOKED_SHELLS.some((shell) => shell === name)
}
