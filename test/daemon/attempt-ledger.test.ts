import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import t from 'tap'
import type { SessionId } from '../../src/core/event/ids.ts'
import { OPEN_ATTEMPTS_MAX } from '../../src/core/limits.ts'
import { AttemptLedger, attemptId } from '../../src/daemon/attempt-ledger.ts'

const SESSION = '0123456789abcdef0123456789abcdef' as SessionId
const RAN = { answeredNs: 5n, refused: false }

function ledger(lastSeq = 0): AttemptLedger {
  return new AttemptLedger(SESSION, { lastSeq, open: [] })
}

t.test('an attempt begins and ends under its number', async (t) => {
  const book = ledger()
  const { attempt, gap, superseded } = book.begin(1, RAN)
  t.strictSame([gap, superseded], [null, []])
  t.strictSame(book.end(1), { ended: [{ attempt, sessionSeq: 1, ...RAN }], gap: null })
  t.strictSame(book.end(1), { ended: [], gap: null })
})

t.test('numbers jumped over are a gap once, whatever tells of them', async (t) => {
  const book = ledger(2)
  t.strictSame(book.begin(6, RAN).gap, { firstSeq: 3, lastSeq: 5 })
  t.strictSame(book.begin(6, RAN).gap, null)
  t.strictSame(book.end(8).gap, { firstSeq: 7, lastSeq: 8 })
  t.strictSame(book.unasked(10), { gap: { firstSeq: 9, lastSeq: 10 }, late: false })
  t.equal(book.begin(3, RAN).gap, null)
  t.equal(book.lastSeq, 10)
})

t.test('an ask under a later number supersedes what never ended; one under the same does not', async (t) => {
  const book = ledger()
  const first = book.begin(1, RAN).attempt
  const second = book.begin(1, RAN).attempt
  t.not(first, second)
  t.strictSame(
    book.begin(2, RAN).superseded.map(({ attempt }) => attempt),
    [first, second],
  )
})

t.test('a confirm that the person refuses is refused, one that is given a reason is not', async (t) => {
  const book = ledger()
  book.begin(1, { answeredNs: 5n, refused: true })
  t.equal(book.answer(2, true), null)
  book.answer(1, true)
  t.strictSame(
    book.end(1).ended.map(({ refused }) => refused),
    [false],
  )
  book.begin(2, { answeredNs: 5n, refused: true })
  book.answer(2, false)
  t.strictSame(
    book.end(2).ended.map(({ refused }) => refused),
    [true],
  )
})

t.test('a line that ran before its answer came is late, and was not refused', async (t) => {
  const book = ledger()
  book.begin(1, { answeredNs: 5n, refused: true })
  t.strictSame(book.unasked(1), { gap: null, late: true })
  t.strictSame(
    book.end(1).ended.map(({ refused }) => refused),
    [false],
  )
})

t.test('the ends awaited are bounded: the oldest gives way', async (t) => {
  const book = ledger()
  const first = book.begin(1, RAN).attempt
  for (let count = 1; count < OPEN_ATTEMPTS_MAX; count += 1) t.strictSame(book.begin(1, RAN).superseded, [])
  t.strictSame(
    book.begin(1, RAN).superseded.map(({ attempt }) => attempt),
    [first],
  )
  t.equal(book.close().length, OPEN_ATTEMPTS_MAX)
  t.equal(book.open.length, 0)
})

t.test('every number up to the highest is asked, unasked or in exactly one gap', async () => {
  const step = fc.record({ what: fc.constantFrom('begin', 'end', 'unasked'), seq: fc.integer({ min: 1, max: 30 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const book = ledger()
      const seen = new Set<number>()
      for (const { what, seq } of steps) {
        const before = book.lastSeq
        const gap =
          what === 'begin' ? book.begin(seq, RAN).gap : what === 'end' ? book.end(seq).gap : book.unasked(seq).gap
        if (gap !== null) {
          for (let missed = gap.firstSeq; missed <= gap.lastSeq; missed += 1) {
            assert.ok(!seen.has(missed), `${missed} was told before`)
            seen.add(missed)
          }
        }
        if (what === 'begin' && seq > before) seen.add(seq)
      }
      assert.equal(seen.size, book.lastSeq)
    }),
  )
})

t.test('attempts are named by what they are, so that two daemons name them the same', async (t) => {
  t.equal(attemptId(SESSION, 7, 0), attemptId(SESSION, 7, 0))
  t.match(attemptId(SESSION, 7, 0), /^[0-9a-f]{32}$/)
  t.equal(
    new Set([attemptId(SESSION, 7, 0), attemptId(SESSION, 7, 1), attemptId(SESSION, 71, 0), attemptId(SESSION, 8, 0)])
      .size,
    4,
  )
})
