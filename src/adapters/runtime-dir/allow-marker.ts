import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Ready } from './ready-file.ts'

const DIR = 'allow'

/**
 * Tells shells that what they remember to be allowed still is (docs/format/hook.md): a link whose name is the daemon and the policy's
 * generation, and whose target is there as long as the daemon lives, so that one look says both. Where the kernel shows no processes
 * as files there is none, and every line is asked about.
 */
export function writeAllowMarker(runtimeDir: string, { pid, generation }: Ready): void {
  if (!existsSync(`/proc/${pid}/stat`)) return
  mkdirSync(join(runtimeDir, DIR), { mode: 0o700, recursive: true })
  symlinkSync(`/proc/${pid}/stat`, join(runtimeDir, DIR, nameOf({ pid, generation })))
}

/** Removes the markers of all other generations, or all. */
export function removeAllowMarkers(runtimeDir: string, except: Ready | null = null): void {
  const dir = join(runtimeDir, DIR)
  if (!existsSync(dir)) return
  for (const name of readdirSync(dir))
    if (except === null || name !== nameOf(except)) rmSync(join(dir, name), { force: true })
}

function nameOf({ pid, generation }: Ready): string {
  return `${pid}.${generation}`
}
