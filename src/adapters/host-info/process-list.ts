import { execFile } from 'node:child_process'
import { PROCESS_LIST_BYTES_MAX, PROCESS_LIST_MS_MAX, SHELL_SCAN_PROCESSES_MAX } from '../../core/limits.ts'
import { isForPerson, shellOfProgram } from './shell-process.ts'
import type { ShellProcess } from './shell-process.ts'

const COLUMNS = ['pid', 'ppid', 'uid', 'tty', 'etime', 'command']

/** The same as `findShells` from what `ps` prints: for systems without `/proc`. */
export async function listedShells(uid: number): Promise<readonly ShellProcess[]> {
  const args = ['-A', ...COLUMNS.flatMap((column) => ['-o', `${column}=`])]
  const options = { env: { LC_ALL: 'C' }, timeout: PROCESS_LIST_MS_MAX, maxBuffer: PROCESS_LIST_BYTES_MAX }
  const text = await new Promise<string>((resolve) => {
    execFile('/bin/ps', args, options, (error, stdout) => resolve(error === null ? stdout : ''))
  })
  return parseProcessList(text, uid)
}

type Listed = Pick<ShellProcess, 'pid' | 'tty' | 'ageMs'> & {
  readonly ppid: number
  readonly uid: number
  readonly command: string
}

/** Total: lines that are not of this form are left out. */
export function parseProcessList(text: string, uid: number): readonly ShellProcess[] {
  const all = new Map<number, Listed>()
  for (const line of text.split('\n').slice(0, SHELL_SCAN_PROCESSES_MAX)) {
    const match =
      /^ *(\d{1,10}) +(\d{1,10}) +(\d{1,10}) +(\S+) +(?:(\d{1,6})-)?(?:(\d{1,2}):)?(\d{1,2}):(\d{2}) +(.+)$/.exec(line)
    if (match === null) continue
    const [, pid, ppid, owner, tty = '', days, hours, minutes, seconds, command = ''] = match
    const age = ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes)) * 60 + Number(seconds)
    all.set(Number(pid), {
      pid: Number(pid),
      ppid: Number(ppid),
      uid: Number(owner),
      tty: /^\?+$|^-$/.test(tty) ? null : `/dev/${tty}`,
      ageMs: age * 1_000,
      command,
    })
  }
  const found: ShellProcess[] = []
  for (const { pid, ppid, uid: owner, tty, ageMs, command } of all.values()) {
    // `ps` joins the arguments by blanks, and a child that only forked looks like the shell itself once more.
    const [program = '', ...args] = command.split(' ')
    const shell = shellOfProgram(program)
    if (shell === null || tty === null || owner !== uid) continue
    if (all.get(ppid)?.command === command || !isForPerson(shell, args)) continue
    found.push({ shell, pid, start: null, tty, ageMs })
  }
  return found
}
