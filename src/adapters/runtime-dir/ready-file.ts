import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Who serves, and under which policy: `generation` grows with every policy that takes effect. */
export type Ready = { readonly pid: number; readonly generation: number }

/** Written by rename, so that a shell never reads half of it. */
export function writeReady(runtimeDir: string, { pid, generation }: Ready): void {
  const temporary = join(runtimeDir, `.ready.${pid}`)
  writeFileSync(temporary, `${pid} ${generation}\n`, { mode: 0o600 })
  renameSync(temporary, join(runtimeDir, 'ready'))
}

/** Null when no daemon says that it serves. The pid may be dead: a daemon that was killed removes nothing. */
export function readReady(runtimeDir: string): Ready | null {
  try {
    const match = /^(\d{1,10}) (\d{1,15})\n$/.exec(readFileSync(join(runtimeDir, 'ready'), 'latin1'))
    return match === null ? null : { pid: Number(match[1]), generation: Number(match[2]) }
  } catch {
    return null
  }
}

export function removeReady(runtimeDir: string): void {
  rmSync(join(runtimeDir, 'ready'), { force: true })
}
