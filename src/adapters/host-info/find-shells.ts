import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { SHELL_SCAN_PROCESSES_MAX, SHELL_SCAN_SLICE } from '../../core/limits.ts'
import { listedShells } from './process-list.ts'
import { readArguments, readProcess } from './process-info.ts'
import type { ProcessStat } from './process-info.ts'
import { isForPerson, shellOfProgram } from './shell-process.ts'
import type { ShellProcess } from './shell-process.ts'

/**
 * The shells of this user that run in a terminal and wait for a person, subshells left out. On Linux from `/proc`, a few
 * processes at a time so that no verdict waits; elsewhere from `ps`. What cannot be read is no shell.
 */
export async function findShells(uid: number): Promise<readonly ShellProcess[]> {
  const names = await readdir('/proc').catch(() => null)
  if (names === null) return listedShells(uid)
  const pids = names.filter((name) => /^\d+$/.test(name)).slice(0, SHELL_SCAN_PROCESSES_MAX)
  const uptimeMs = readUptimeMs()
  const found: ShellProcess[] = []
  for (const [at, pid] of pids.entries()) {
    if (at % SHELL_SCAN_SLICE === SHELL_SCAN_SLICE - 1) await setImmediate()
    const shell = shellAt(Number(pid), uid, uptimeMs)
    if (shell !== null) found.push(shell)
  }
  return found
}

/** Most processes cost one small read. */
function shellAt(pid: number, uid: number, uptimeMs: number): ShellProcess | null {
  const process = readProcess(pid)
  if (process === null || !process.hasTerminal) return null
  const shell = shellOfProgram(process.name)
  if (shell === null || ownerOf(pid) !== uid || isFork(process)) return null
  if (!isForPerson(shell, readArguments(pid).slice(1)) || !readsTerminal(pid)) return null
  const tty = terminalName(process.terminal)
  return { shell, pid, start: process.start, tty, ageMs: uptimeMs - Number(process.start) * MS_PER_TICK }
}

/** `USER_HZ`, in which the kernel tells times to programs, is 100 on every machine that Node runs on. */
const MS_PER_TICK = 10

function readUptimeMs(): number {
  try {
    return Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1_000
  } catch {
    return 0
  }
}

function ownerOf(pid: number): number | null {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? null
}

/** `( … )`, a job, a pipeline's part: the shell itself once more, whose lines are its parent's. */
function isFork({ ppid, name, stack }: ProcessStat): boolean {
  const parent = readProcess(ppid)
  return parent !== null && parent.name === name && stack !== '0' && parent.stack === stack
}

/** A shell whose standard input is a file or a pipe reads a script, whatever its terminal. */
function readsTerminal(pid: number): boolean {
  try {
    return /^\/dev\/(?:pts\/|tty|console)/.test(readlinkSync(`/proc/${pid}/fd/0`))
  } catch {
    return false
  }
}

/** Numbers from Linux's list of devices; null for kinds of terminals that nobody sits at. */
export function terminalName(device: number): string | null {
  const major = (device >> 8) & 0xfff
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00)
  if (major >= 136 && major <= 143) return `/dev/pts/${(major - 136) * 256 + minor}`
  return major === 4 ? `/dev/tty${minor}` : null
}
