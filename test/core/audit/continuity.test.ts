import t from 'tap'
import { readFileSync } from 'node:fs'
import { Continuity } from '../../../src/core/audit/continuity.ts'
import { encodeText, encodeU32, encodeU64 } from '../../../src/core/audit/field-values.ts'
import { hashBytes, sha256, ZERO_HASH } from '../../../src/core/audit/hash.ts'
import type { Hash } from '../../../src/core/audit/hash.ts'
import { encodeLeaf } from '../../../src/core/audit/leaf.ts'
import { logRecord, placeRecord, recordOf } from '../../../src/core/audit/record.ts'
import type { RecordDraft } from '../../../src/core/audit/record.ts'
import { FINDINGS, satisfies, SEVERITIES, verdictOf, VERDICTS, worstOf } from '../../../src/core/audit/verdict.ts'
import type { Severity } from '../../../src/core/audit/verdict.ts'
import type { AuditEvent } from '../../../src/core/event/event.ts'
import type { SessionId } from '../../../src/core/event/ids.ts'
import { HUMAN, sessionOpened, started, T0 } from '../../adapters/audit-store/fixture.ts'

const ROOT = sha256(Buffer.from('the tree so far'))

/** What is remarked on each of these records in turn, as `code explanation`. */
function remarksOn(
  records: readonly (AuditEvent | RecordDraft)[],
  monotonic: (index: number) => bigint = () => 0n,
): string[][] {
  const continuity = new Continuity()
  return records.map((record, seq) => {
    const draft = 'plain' in record ? record : recordOf(record)
    const place = { seq, prev: ZERO_HASH, logId: Buffer.alloc(16), incarnation: 1, bootId: Buffer.alloc(16, 1) }
    const at = { ...place, monoUs: monotonic(seq) }
    const leaf = encodeLeaf(placeRecord(draft, at, (bytes) => new Uint8Array(bytes)).leaf)
    return continuity.remarks(leaf, 0, leaf.length, seq, () => ROOT).map((it) => `${it.code} ${it.explanation}`)
  })
}

const gap = (firstSeq: number, lastSeq: number): AuditEvent => {
  return { kind: 'session.gap', session: HUMAN, firstSeq, lastSeq, cause: 'unasked', atUs: T0 }
}

t.test('command lines that nobody recorded are missed, once, whoever says so', async (t) => {
  t.strictSame(remarksOn([sessionOpened(), started(1), started(2), started(5), started(6)]), [
    [],
    [],
    [],
    [`SESSION_GAP session ${HUMAN.id}: command lines 3 to 4 (2) have no record; nothing says why`],
    [],
  ])
  t.strictSame(remarksOn([sessionOpened(), started(1), gap(2, 3), started(4)]), [
    [],
    [],
    [`SESSION_GAP session ${HUMAN.id}: command lines 2 to 3 (2) have no record; cause: unasked`],
    [],
  ])
  t.strictSame(remarksOn([sessionOpened(), started(3)])[1]?.length, 1, 'the first ones are missed too')
})

t.test('sessions are counted apart, and one that is taken over goes on', async (t) => {
  const other = { ...HUMAN, id: 'f'.repeat(32) as SessionId }
  const records = [sessionOpened(), started(1), started(7, 'x', undefined, other), sessionOpened(), started(2)]
  t.strictSame(remarksOn(records), [[], [], [], [], []])
  const closed: AuditEvent = { kind: 'session.closed', session: HUMAN, how: 'bye', atUs: T0 }
  t.strictSame(remarksOn([sessionOpened(), started(1), closed, sessionOpened(), started(1)]), [[], [], [], [], []])
})

const start = (cause: string, size: number, root: Hash): RecordDraft =>
  logRecord(
    'START',
    T0,
    {
      cause: encodeText(cause),
      pid: encodeU32(1),
      version: encodeText('1'),
      previous_size: encodeU64(size),
      previous_root: hashBytes(root),
    },
    { hostname: 'h', user: 'u' },
  )

t.test('a start that found another log is a contradiction, one after a crash a note', async (t) => {
  const codes = (draft: RecordDraft): string[] =>
    (remarksOn([started(1), draft])[1] ?? []).map((it) => it.split(' ')[0] ?? '')
  t.strictSame(codes(start('clean', 1, ROOT)), [])
  t.strictSame(codes(start('unclean', 1, ROOT)), ['UNCLEAN_START'])
  t.strictSame(codes(start('clean', 1, sha256(Buffer.from('another')))), ['START'])
  t.strictSame(codes(start('clean', 9, ROOT)), ['START'], 'a larger one')
})

t.test('losses and recoveries that the log declares are passed on', async (t) => {
  const loss = { cause: encodeText('full'), count: encodeU64(12), from_us: encodeU64(1), to_us: encodeU64(2) }
  const recovered = { segment: encodeU32(0), offset: encodeU64(100), bytes: encodeU64(17) }
  t.strictSame(remarksOn([logRecord('LOSS', T0, loss), logRecord('RECOVERED', T0, recovered)]), [
    ['LOSS 12 events were dropped before they could be written (cause: full)'],
    ['RECOVERED a crash left 17 unacknowledged bytes behind the last record; they were cut off and kept in cut/'],
  ])
})

t.test('a clock that is set is a note, one that runs is none', async (t) => {
  const steady = remarksOn([started(1), started(2)], (index) => T0 + BigInt(index) * 1_000n)
  t.strictSame(steady, [[], []])
  const hour = 3_600_000_000n
  const stepped = remarksOn([started(1), started(2), started(3)], (index) => (index === 1 ? hour : 0n))
  t.strictSame(
    stepped.map((it) => it.map((text) => text.split(' ')[0])),
    [[], ['TIME'], ['TIME']],
  )
})

t.test('the worst finding decides, and nothing is called witnessed that is not vouched for', async (t) => {
  t.strictSame(VERDICTS, { WITNESSED: 0, TAMPERED: 1, UNANCHORED: 2, INCOMPLETE: 3, DAMAGED: 4, UNSUPPORTED: 5 })
  const words = (vouched: boolean): string[] => [...SEVERITIES, null].map((it) => verdictOf(it, vouched))
  t.strictSame(words(false), ['TAMPERED', 'UNSUPPORTED', 'DAMAGED', 'INCOMPLETE', 'UNANCHORED', 'UNANCHORED'])
  t.strictSame(words(true), ['TAMPERED', 'UNSUPPORTED', 'DAMAGED', 'INCOMPLETE', 'WITNESSED', 'WITNESSED'])
  t.strictSame([worstOf([]), worstOf(['note', 'damaged', 'incomplete'])], [
    null,
    'damaged',
  ] satisfies (Severity | null)[])
  t.strictSame(
    (['WITNESSED', 'UNANCHORED', 'INCOMPLETE', 'TAMPERED', 'DAMAGED', 'UNSUPPORTED'] as const).map((it) => [
      satisfies(it, 'witnessed'),
      satisfies(it, 'consistent'),
    ]),
    [
      [true, true],
      [false, true],
      [false, false],
      [false, false],
      [false, false],
      [false, false],
    ],
  )
})

t.test('the specification explains every finding', async (t) => {
  const text = readFileSync('docs/format/audit.md', 'utf8')
  t.strictSame(
    Object.keys(FINDINGS).filter((code) => !new RegExp(`^\\|.*\\b${code}\\b`, 'm').test(text)),
    [],
  )
})
