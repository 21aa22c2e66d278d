import { readEnvironment } from '../adapters/host-info/process-info.ts'
import { whyUnsafe } from '../adapters/runtime-dir/private-dir.ts'
import { resolvePaths } from '../core/paths.ts'

/**
 * Whether the shell was started in another home than this daemon's, or with another runtime directory, one that is there and the user's
 * alone: its lines are another daemon's, or nobody's, and not ours to judge. Who wants to hide a shell from us can do it so; what is
 * looked for are shells that were forgotten.
 */
export function isServedElsewhere(
  pid: number,
  { uid, runtimeDir, home }: { readonly uid: number; readonly runtimeDir: string; readonly home: string },
): boolean {
  const env = readEnvironment(pid, ['HOME', 'XDG_RUNTIME_DIR'])
  if (env['HOME'] !== undefined && env['HOME'] !== home) return true
  const parent = env['XDG_RUNTIME_DIR']
  if (parent === undefined || parent === '') return false
  const other = resolvePaths({ env, platform: process.platform, home: '/', uid }).runtimeDir
  return other !== runtimeDir && whyUnsafe(parent) === null
}
