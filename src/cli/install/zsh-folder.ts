import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { peek } from '../../adapters/dotfiles/dotfile.ts'
import { INSTALL_ASK_SHELL_MS } from '../../core/limits.ts'
import type { Scope } from './scope.ts'

/**
 * Where zsh looks for `.zshrc`. A `.zshenv` that sets ZDOTDIR without exporting it has told nobody but zsh: then zsh is
 * asked, which reads that file and nothing else of the person's.
 */
export function zshFolder({ env, home }: Scope): string {
  const exported = env['ZDOTDIR']
  if (exported) return exported
  const files = [join(home, '.zshenv'), '/etc/zsh/zshenv', '/etc/zshenv']
  if (!files.some((file) => /^[^#\n]*ZDOTDIR/m.test(peek(file)?.toString('latin1') ?? ''))) return home
  const asked = spawnSync('zsh', ['-c', `builtin print -rn -- '${MARK}'"\${ZDOTDIR-}"`], {
    env: { ...env, HOME: home },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: INSTALL_ASK_SHELL_MS,
    maxBuffer: 65_536,
  })
  // What the file itself prints comes before the mark.
  const answer = asked.status === 0 ? (asked.stdout.split(MARK).at(-1) ?? '') : ''
  return answer.startsWith('/') ? answer : home
}

const MARK = '\u0001cmdaid\u0001'
