import t from 'tap'
import { PassThrough } from 'node:stream'
import { logRowText } from '../../src/cli/log-table.ts'
import { Output } from '../../src/cli/output.ts'
import type { AuditEntry } from '../../src/core/audit/entry.ts'

process.env['TZ'] = 'UTC'

const NOTHING: AuditEntry = {
  v: 1,
  seq: 1,
  record: 'PREEXEC',
  event_id: '0',
  timestamp: '2026-01-31T08:00:00.123456Z',
  event_type: 'command_started',
  machine: { machine_id: 'm', hostname: null },
  user: { user_id: null },
  command: null,
  policy_evaluation: null,
  execution: null,
  context: { session_id: null, parent_process: null, cmdai_version: null, policy_version: null },
  session_seq: 1,
  attempt_id: 'a',
  actor: null,
  redactions: [],
  details: {},
  withheld: [],
  leaf_hash: '',
}

function started(text: string | null, decision: string, mode = 'enforce', cut: number | null = null): AuditEntry {
  const command = { text, text_base64: null, source: null, working_directory: '/', shell: 'bash', cut_from_bytes: cut }
  const policy = { decision, mode, enforced: mode === 'enforce' ? decision : 'allow', rule: null, reason: null }
  return { ...NOTHING, command, policy_evaluation: { ...policy, violated_rules: [], risk_level: 'safe' } }
}

function ended(outcome: string, exit: number | null, ms: number | null): AuditEntry {
  const execution = { allowed: true, outcome, exit_code: exit, pipe_exit_codes: [], duration_ms: ms }
  return { ...NOTHING, record: 'PRECMD', event_type: 'command_ended', execution }
}

function output(columns: number | null): Output {
  const stream = Object.assign(new PassThrough(), columns === null ? {} : { isTTY: true, columns })
  return new Output(stream as unknown as NodeJS.WriteStream, process.stderr, { NO_COLOR: '1' })
}

t.test(
  'a row is the time, the decision, how it ended, how long it took, and the command with nothing hidden',
  async (t) => {
    const plain = output(null)
    const rows = [
      { entry: started('ls -l', 'allow'), end: ended('finished', 0, 12) },
      { entry: started('sleep 90', 'warn'), end: ended('finished', 130, 90_000) },
      { entry: started('x\u001B[2J\ny\u202E', 'deny'), end: ended('denied', null, null) },
      { entry: started('rm -rf /', 'deny', 'monitor'), end: ended('finished', 1, 2_500) },
      { entry: started('vim', 'allow'), end: null },
      { entry: started('approve me', 'approve'), end: null },
      { entry: started('crash', 'allow'), end: ended('killed', null, 7_200_000) },
      { entry: started('long', 'allow', 'enforce', 70_000), end: ended('finished', 0, 0) },
      { entry: started(null, 'allow'), end: ended('unknown', null, null) },
      {
        entry: {
          ...NOTHING,
          event_type: 'session_gap' as const,
          details: { first_seq: 3, last_seq: 5, cause: 'unasked' },
        },
        end: null,
      },
    ]
    t.strictSame(
      rows.map((row) => logRowText(row, plain)),
      [
        '2026-01-31 08:00:00  allow      exit 0        12 ms  ls -l\n',
        '2026-01-31 08:00:00  warn       exit 130      1m30s  sleep 90\n',
        '2026-01-31 08:00:00  deny       refused              x\\e[2J\\ny\\u{202e}\n',
        '2026-01-31 08:00:00  (deny)     exit 1        2.5 s  rm -rf /\n',
        '2026-01-31 08:00:00  allow      running              vim\n',
        '2026-01-31 08:00:00  approve    refused              approve me\n',
        '2026-01-31 08:00:00  allow      killed        2.0 h  crash\n',
        '2026-01-31 08:00:00  allow      exit 0         0 ms  long … (cut, 70000 bytes)\n',
        '2026-01-31 08:00:00  allow      unknown              (the text is withheld)\n',
        '2026-01-31 08:00:00                                  session_gap  first_seq=3 last_seq=5 cause=unasked\n',
      ],
    )
  },
)

t.test('in a terminal a row takes one line', async (t) => {
  const row = logRowText({ entry: started('echo '.repeat(100), 'allow'), end: ended('finished', 0, 1) }, output(80))
  t.equal(row.length, 81)
  t.match(row, /…\n$/)
})
