import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_DIR, type TemporaryHome } from './home.ts'

/**
 * A copy of the program in the home, whose hooks wait ten seconds: a busy test machine is not a hung daemon. Returns its
 * folder; its main file is `src/main.ts`.
 */
export function copyProgram(home: TemporaryHome): string {
  const copy = join(home.dir, 'program')
  mkdirSync(copy)
  for (const part of ['src', 'shell-hooks', 'systemd', 'launchd', 'package.json']) {
    spawnSync('cp', ['-r', join(PROJECT_DIR, part), copy])
  }
  symlinkSync(join(PROJECT_DIR, 'node_modules'), join(copy, 'node_modules'))
  for (const name of readdirSync(join(copy, 'shell-hooks'))) {
    if (!/\.(?:bash|zsh|fish|ps1)$/.test(name)) continue
    const file = join(copy, 'shell-hooks', name)
    writeFileSync(file, withPatience(readFileSync(file, 'utf8')))
  }
  return copy
}

function withPatience(hook: string): string {
  return hook
    .replace(/__cmdaid_wait=0\.05(?:0000)?\b/g, '__cmdaid_wait=10.000000')
    .replace(/ -t 0\.05 byte\b/g, ' -t 10 byte')
    .replace(/__cmdaid_wait 50\b/g, '__cmdaid_wait 10000')
    .replace(/\bWait( +)= 0\.05/g, 'Wait$1= 10')
}
