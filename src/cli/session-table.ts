import type { SessionStatus, UnhookedShell } from '../wire/control/response.ts'
import { type Output, visible } from './output.ts'

/** One line for each shell, in columns: what happens to its lines, and who it is; below it what is the matter with it. */
export function sessionLines(
  sessions: readonly SessionStatus[],
  unhooked: readonly UnhookedShell[],
  output: Output,
): string[] {
  const rows = [
    ...sessions.map((session) => ({ state: session.state, cells: sessionCells(session), why: session.why })),
    ...unhooked.map((shell) => ({ state: 'unhooked' as const, cells: unhookedCells(shell), why: NO_HOOK })),
  ]
  const widths = SHARED_COLUMNS.map((column) => Math.max(0, ...rows.map(({ cells }) => (cells[column] ?? '').length)))
  return rows.flatMap(({ state, cells, why }) => {
    const padded = cells.map((cell, column) => (column in widths ? cell.padEnd(widths[column] ?? 0) : cell))
    const line = [output.paint(COLOURS[state], state.padEnd(STATE_WIDTH)), ...padded].join('  ').trimEnd()
    return why === null ? [line] : [line, `${' '.repeat(STATE_WIDTH)}  ${visible(why)}`]
  })
}

const STATE_WIDTH = 9
const NO_HOOK = 'its commands run unchecked: its start files load no hook, or it removed it'
const COLOURS = { enforced: 'green', observing: 'yellow', degraded: 'red', unhooked: 'red' } as const

/** Columns that sessions and shells without one have in common: shell, pid, terminal. */
const SHARED_COLUMNS = [0, 1, 2]

function sessionCells({
  shell,
  shellVersion,
  pid,
  tty,
  actor,
  lastSeq,
  canary,
  cwd,
}: SessionStatus): readonly string[] {
  return [
    visible(`${shell} ${shellVersion}`),
    `pid ${pid}`,
    visible(tty ?? 'no terminal'),
    actor.name === null ? actor.kind : visible(`${actor.kind} ${actor.name}`),
    `${lastSeq} lines`,
    canary === null ? 'no canary' : `canary ${canary.outcome} ${canary.at}`,
    visible(cwd),
  ]
}

function unhookedCells({ shell, pid, tty }: UnhookedShell): readonly string[] {
  return [shell, `pid ${pid}`, visible(tty ?? 'no terminal')]
}
