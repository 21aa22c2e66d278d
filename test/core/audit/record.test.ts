import t from 'tap'
import * as fc from 'fast-check'
import { createHash } from 'node:crypto'
import { commitment } from '../../../src/core/audit/commitment.ts'
import { decodeNumber, decodeRedactions, decodeTexts } from '../../../src/core/audit/field-values.ts'
import { fieldTag } from '../../../src/core/audit/fields.ts'
import { hashBytes, ZERO_HASH } from '../../../src/core/audit/hash.ts'
import { decodeLeaf, encodeLeaf, LEAF_FLAGS, leafField } from '../../../src/core/audit/leaf.ts'
import type { Leaf } from '../../../src/core/audit/leaf.ts'
import { placeRecord, recordOf } from '../../../src/core/audit/record.ts'
import type { Opening } from '../../../src/core/audit/record.ts'
import type { AuditEvent } from '../../../src/core/event/event.ts'
import { DENY, oneOfEach, started } from '../../adapters/audit-store/fixture.ts'

function place(event: AuditEvent): { leaf: Leaf; openings: readonly Opening[] } {
  let block = 0
  const { leaf, openings } = placeRecord(
    recordOf(event),
    { seq: 5, prev: ZERO_HASH, logId: Buffer.alloc(16), incarnation: 1, bootId: Buffer.alloc(16), monoUs: 1n },
    (bytes) => createHash('sha256').update(String(block++)).digest().subarray(0, bytes),
  )
  const decoded = decodeLeaf(encodeLeaf(leaf))
  if (!decoded.ok) throw new Error(decoded.error.what)
  return { leaf: decoded.value, openings }
}

const opened = (openings: readonly Opening[], name: Parameters<typeof fieldTag>[0]): string | undefined =>
  openings.find((opening) => opening.tag === fieldTag(name))?.value as unknown as string | undefined

t.test('every kind of event becomes a leaf whose commitments fit its openings', async (t) => {
  for (const event of oneOfEach()) {
    const { leaf, openings } = place(event)
    const fits = openings.every(({ tag, salt, value }) => {
      const field = leaf.fields.find(({ name }) => fieldTag(name) === tag)
      return field !== undefined && hashBytes(commitment(tag, salt, value)).equals(Buffer.from(field.bytes))
    })
    t.ok(fits, leaf.kind)
    t.equal(
      new Set(openings.map(({ salt }) => Buffer.from(salt).toString('hex'))).size,
      openings.length,
      'salts differ',
    )
  }
})

t.test('a redacted line is kept as its text, never as the bytes that came', async (t) => {
  const secret = started(1, 'export TOKEN=hunter2')
  const event = {
    ...secret,
    started: { ...secret.started, commandLine: 'export TOKEN=[secret:env]' },
    redactions: [{ tag: 'env', start: 13, end: 25 }],
  }
  const { leaf, openings } = place(event)
  t.equal(String(opened(openings, 'command')), 'export TOKEN=[secret:env]')
  t.equal(leaf.flags, LEAF_FLAGS.redacted)
  t.strictSame(decodeRedactions(leafField(leaf, 'redactions') ?? Buffer.alloc(0)), event.redactions)
})

t.test('a long command is cut, marked, and its whole is committed to', async (t) => {
  const line = 'y'.repeat(40_000)
  const long = started(1, line)
  const { leaf, openings } = place({ ...long, started: { ...long.started, truncatedBytes: 100 } })
  t.equal(leaf.flags, LEAF_FLAGS.commandCut)
  t.equal(opened(openings, 'command')?.length, 32_768)
  t.equal(decodeNumber(leafField(leaf, 'command_bytes') ?? Buffer.alloc(0)), 40_100)
  const whole = openings.find((opening) => opening.tag === fieldTag('command_sha256'))?.value
  t.equal(Buffer.from(whole ?? []).toString('hex'), createHash('sha256').update(line).digest('hex'))
  const { leaf: short } = place(started(1, 'y'.repeat(32_768)))
  t.equal(short.flags, 0)
})

t.test('the rules that matched are named in order, what they resolved to is not', async (t) => {
  const { leaf, openings } = place(started(2, 'rm -rf /', DENY))
  t.strictSame(decodeTexts(leafField(leaf, 'rules') ?? Buffer.alloc(0)), ['filesystem.recursive-root'])
  t.equal(String(opened(openings, 'reason')), 'deletes everything under /')
})

t.test('strange values still give a record', async (t) => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.double(),
      fc.array(fc.double(), { maxLength: 100 }),
      fc.string({ unit: 'binary', maxLength: 400 }),
      (id, cwd, status, statuses, text) => {
        const events = oneOfEach().map((event): AuditEvent => {
          if (event.kind === 'finished') {
            const finished = {
              ...event.finished,
              attempt: id,
              cwd,
              exitStatus: status,
              pipeStatuses: statuses,
              durationMs: status,
            }
            return { ...event, finished: { ...finished, sessionSeq: status } as unknown as typeof event.finished }
          }
          if (event.kind === 'session.opened') {
            const session = { ...event.session, shellVersion: text, tty: text, pid: status }
            return { ...event, session, cwd: text }
          }
          if (event.kind === 'daemon.stopped') return { ...event, cause: text, atUs: -1n }
          return event
        })
        for (const event of events) place(event)
      },
    ),
    { numRuns: 100 },
  )
  t.pass('none was refused')
})

t.test('fields that would collide when joined do not', async (t) => {
  const salt = Buffer.alloc(32)
  t.not(commitment(1, salt, Buffer.from('a|b')), commitment(1, salt, Buffer.from('a')))
  t.not(commitment(1, salt, Buffer.from('x')), commitment(2, salt, Buffer.from('x')))
  const [one, two] = [place(started(1, 'a|b')), place(started(1, 'a'))]
  t.notOk(Buffer.from(one.leaf.fields[0]?.bytes ?? []).equals(Buffer.from(two.leaf.fields[0]?.bytes ?? [])))
})
