import t from 'tap'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEntries } from '../../../src/adapters/audit-store/read-entries.ts'
import type { ReadEntriesOptions } from '../../../src/adapters/audit-store/read-entries.ts'
import { verifyLog } from '../../../src/adapters/audit-store/verify-log.ts'
import { finished, openFixed, started, temporaryFolder } from './fixture.ts'

t.setTimeout(60_000)

async function seqsOf(dir: string, options: ReadEntriesOptions = {}): Promise<number[]> {
  const seqs: number[] = []
  for await (const entry of readEntries(dir, options)) seqs.push(entry.seq)
  return seqs
}

async function longLog(t: { teardown(handler: () => void): unknown }): Promise<{ dir: string; size: number }> {
  const dir = temporaryFolder(t)
  const store = await openFixed(dir, { segmentBytesMax: 4_000 })
  for (let n = 1; n <= 40; n++) store.append(started(n))
  await store[Symbol.asyncDispose]()
  return { dir, size: store.state().size }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)

t.test('entries come newest or oldest first, whole or from a number on, over all segments', async (t) => {
  const { dir, size } = await longLog(t)
  t.strictSame(await seqsOf(dir), range(0, size).reverse())
  t.strictSame(await seqsOf(dir, { order: 'oldest' }), range(0, size))
  t.strictSame(await seqsOf(dir, { order: 'oldest', from: 25 }), range(25, size))
  t.strictSame(await seqsOf(dir, { from: 25 }), range(0, 26).reverse())
  t.strictSame(await seqsOf(dir, { order: 'oldest', from: size + 10 }), [])
})

t.test('what a reader sees is what verify counts: nothing is hidden by where it stands', async (t) => {
  const { dir, size } = await longLog(t)
  const bySession: number[] = []
  for await (const entry of readEntries(dir)) if (entry.context.session_id !== null) bySession.push(entry.seq)
  const report = await verifyLog({ dir })
  t.equal(report.records, size)
  t.equal(bySession.length, 40)
})

t.test('a reader that follows sees every record, also through a change of segments', async (t) => {
  const dir = temporaryFolder(t)
  await using store = await openFixed(dir, { segmentBytesMax: 3_000 })
  const abort = new AbortController()
  const seen: number[] = []
  const reading = (async () => {
    for await (const entry of readEntries(dir, { order: 'oldest', follow: true, pollMs: 2, signal: abort.signal })) {
      seen.push(entry.seq)
    }
  })()
  for (let n = 1; n <= 60; n++) {
    store.append(finished(n))
    if (n % 7 === 0) await store.flush()
  }
  await store.flush()
  const deadline = Date.now() + 20_000
  while (seen.length < store.state().size && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 2))
  abort.abort()
  await reading
  t.strictSame(seen, range(0, store.state().size))
})

t.test('a log that is written to verifies at any moment', async (t) => {
  const dir = temporaryFolder(t)
  await using store = await openFixed(dir, { segmentBytesMax: 30_000, checkpointDelayMs: 1 })
  const writing = new AbortController()
  const writer = (async () => {
    for (let n = 1; !writing.signal.aborted; n++) {
      store.append(started(n))
      if (n % 5 === 0) await store.flush()
    }
  })()
  const verdicts = new Set<string>()
  let last = 0
  for (let round = 0; round < 60; round++) {
    const report = await verifyLog({ dir })
    const codes = report.findings.filter((it) => it.severity !== 'note').map((it) => it.code)
    verdicts.add(`${report.verdict} ${codes.join()}`)
    t.ok(report.records >= last)
    last = report.records
  }
  writing.abort()
  await writer
  t.strictSame([...verdicts], ['UNANCHORED '])
})

t.test('control characters, broken UTF-8, NUL and 64 KiB come back as they were', async (t) => {
  const dir = temporaryFolder(t)
  const texts = ['\u001b[2J\u202e\u0000\u0007', '🙂'.repeat(9), 'x'.repeat(65_536)]
  const bytes = Buffer.from([0x6c, 0x73, 0x20, 0xff, 0xfe, 0x00, 0xc3])
  {
    await using store = await openFixed(dir)
    for (const [index, text] of texts.entries()) store.append(started(index + 1, text))
    const { started: command, ...rest } = started(9)
    store.append({ ...rest, started: { ...command, commandBytes: bytes, commandLine: bytes.toString() } })
  }
  const commands: unknown[] = []
  for await (const entry of readEntries(dir, { order: 'oldest' })) {
    if (entry.record === 'PREEXEC') {
      const { text, text_base64, cut_from_bytes } = entry.command ?? {}
      commands.push([text?.length === 32_768 ? 'x*' : text, text_base64, cut_from_bytes])
    }
  }
  t.strictSame(commands, [
    [texts[0], null, null],
    [texts[1], null, null],
    ['x*', null, 65_536],
    [bytes.toString(), bytes.toString('base64'), null],
  ])
})

t.test('a record that cannot be read ends the reading with an error, after what can', async (t) => {
  const { dir } = await longLog(t)
  const path = join(dir, 'log', '00000000.seg')
  const bytes = readFileSync(path)
  bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1
  writeFileSync(path, bytes)
  const forwards: number[] = []
  await t.rejects(
    (async () => {
      for await (const { seq } of readEntries(dir, { order: 'oldest', pollMs: 1 })) forwards.push(seq)
    })(),
    { code: 'CMDAID_ERR_AUDIT_DAMAGED' },
  )
  t.ok(forwards.length > 5)
  await t.rejects(seqsOf(dir), { code: 'CMDAID_ERR_AUDIT_DAMAGED' })
  await t.rejects(seqsOf(join(dir, 'none')), { code: 'CMDAID_ERR_AUDIT_MISSING' })
})
