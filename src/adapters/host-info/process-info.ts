import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { PROCESS_ARGUMENTS_BYTES_MAX } from '../../core/limits.ts'

/** What the kernel says of one process. */
export type ProcessInfo = {
  readonly pid: number
  readonly ppid: number
  /** The kernel's name of it, at most 15 characters; the process may have set it. */
  readonly name: string
  /** Start time in clock ticks since boot: with the pid it names one process for as long as the machine runs. */
  readonly start: string
  /** It has a controlling terminal. */
  readonly hasTerminal: boolean
}

/** More of the same line of the kernel's. */
export type ProcessStat = ProcessInfo & {
  /** Device number of the controlling terminal; 0: none. */
  readonly terminal: number
  /** Where its stack begins: chosen anew for each program that is started, and the same in a child that only forked. `0` where the kernel does not tell. */
  readonly stack: string
}

/** Null when there is no such process, or on systems without `/proc`. */
export function readProcess(pid: number): ProcessStat | null {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return null
  }
}

/** The first arguments of a process; empty when they cannot be read. */
export function readArguments(pid: number): readonly string[] {
  let fd: number
  try {
    fd = openSync(`/proc/${pid}/cmdline`, 'r')
  } catch {
    return []
  }
  try {
    const bytes = Buffer.allocUnsafe(PROCESS_ARGUMENTS_BYTES_MAX)
    const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0))
    return text.split('\0').filter((argument) => argument !== '')
  } catch {
    return []
  } finally {
    closeSync(fd)
  }
}

/** Of the environment a program was started with, the variables of these names; empty when it cannot be read. */
export function readEnvironment(pid: number, names: readonly string[]): Readonly<Record<string, string>> {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return {}
  }
  const found: Record<string, string> = {}
  for (const variable of text.split('\0')) {
    const name = names.find((each) => variable.startsWith(`${each}=`))
    if (name !== undefined) found[name] = variable.slice(name.length + 1)
  }
  return found
}

/** Works on every system: signal 0 asks and sends nothing. A process of another user lives too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** `pid (name) state ppid pgrp session tty …`; the name may hold blanks and parentheses, so the last one counts. */
function parseStat(pid: number, text: string): ProcessStat | null {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const [, ppid, , , tty, ...rest] = text.slice(close + 2).split(' ')
  const start = rest[14]
  if (open < 0 || ppid === undefined || tty === undefined || start === undefined) return null
  return {
    pid,
    ppid: Number(ppid),
    name: text.slice(open + 1, close),
    start,
    hasTerminal: tty !== '0',
    terminal: Number(tty),
    stack: rest[20] ?? '0',
  }
}
