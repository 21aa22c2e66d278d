import { isAlive, readEnvironment } from '../adapters/host-info/process-info.ts'
import { readReady } from '../adapters/runtime-dir/ready-file.ts'
import { resolvePaths } from '../core/paths.ts'

/**
 * Whether the shell was started with another runtime directory, where a daemon lives: its lines are that daemon's. A directory without
 * one is no excuse, or a variable would be enough to hide a shell.
 */
export function isServedElsewhere(
  pid: number,
  { uid, runtimeDir }: { readonly uid: number; readonly runtimeDir: string },
): boolean {
  const env = readEnvironment(pid, ['XDG_RUNTIME_DIR', 'TMPDIR'])
  const other = resolvePaths({ env, platform: process.platform, home: '/', uid }).runtimeDir
  if (other === runtimeDir) return false
  const ready = readReady(other)
  return ready !== null && isAlive(ready.pid)
}
