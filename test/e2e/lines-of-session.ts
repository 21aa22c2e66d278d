import type { TemporaryHome } from '../support/home.ts'
import { until } from '../support/until.ts'
import { recordsOf } from '../daemon/records.ts'

/**
 * What the record says of the lines of the session that was opened last, in order: `1 allow say a`, `1 finished 0`, and
 * `gap 2-3 unasked` for lines that ran without a verdict. Waits until the lines up to `last` have ended.
 */
export async function linesOfSession(home: TemporaryHome, last: number): Promise<readonly string[]> {
  let lines: readonly string[] = []
  await until(
    `the end of line ${last} in the record`,
    async () => {
      lines = await readLines(home)
      return lines.some((line) => line.startsWith(`${last} finished`) || line.startsWith(`${last} denied`))
    },
    { detail: () => lines.join('\n') },
  )
  return lines
}

async function readLines(home: TemporaryHome): Promise<readonly string[]> {
  const records = await recordsOf(home)
  const session = records.findLast(({ record }) => record === 'SESSION_OPEN')?.context.session_id
  return records.flatMap((entry) => {
    const { record, session_seq: seq, command, policy_evaluation: policy, execution, details } = entry
    if (entry.context.session_id !== session) return []
    if (record === 'PREEXEC') return [`${seq} ${policy?.decision} ${command?.text}`]
    if (record === 'PRECMD') return [`${seq} ${execution?.outcome} ${execution?.exit_code}`]
    if (record === 'SESSION_GAP') {
      const [first, last, cause] = ['first_seq', 'last_seq', 'cause'].map((name) => String(details[name]))
      return [`gap ${first}-${last} ${cause}`]
    }
    return []
  })
}
