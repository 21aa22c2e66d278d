import t from 'tap'
import { cpSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CmdaidError } from '../../../src/core/errors.ts'
import { AUDIT_QUEUE_EVENTS_MAX } from '../../../src/core/limits.ts'
import { readEntries } from '../../../src/adapters/audit-store/read-entries.ts'
import { verifyLog } from '../../../src/adapters/audit-store/verify-log.ts'
import { FailingFiles } from './failing-files.ts'
import type { Fault } from './failing-files.ts'
import { finished, openFixed, started, temporaryFolder } from './fixture.ts'

t.setTimeout(180_000)

/** Session counters of the commands in the log, oldest first: what survived, in which order, how often. */
async function commandsIn(dir: string): Promise<number[]> {
  const numbers: number[] = []
  for await (const entry of readEntries(dir, { order: 'oldest' })) {
    if (entry.record === 'PREEXEC') numbers.push(entry.session_seq ?? 0)
  }
  return numbers
}

async function verdictOf(dir: string): Promise<string> {
  const report = await verifyLog({ dir })
  const worst = report.findings.find((it) => it.severity !== 'note')
  return worst === undefined ? report.verdict : `${report.verdict}/${worst.code}`
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** Waits for a condition, not for a time; the deadline only ends a test that would hang. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition never held')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Appends four commands, one commit each, over a rotation, and says which were acknowledged. */
async function scenario(dir: string, files: FailingFiles): Promise<number[]> {
  const acknowledged: number[] = []
  let store
  try {
    store = await openFixed(dir, { files, segmentBytesMax: 1_500 })
  } catch {
    return acknowledged
  }
  for (let n = 1; n <= 4; n++) {
    store.append(started(n))
    await store.flush().then(
      () => acknowledged.push(n),
      () => undefined,
    )
  }
  await store[Symbol.asyncDispose]()
  return acknowledged
}

t.test('whichever call fails, once, nothing acknowledged is lost and the log verifies', async (t) => {
  const counting = new FailingFiles()
  t.strictSame(await scenario(temporaryFolder(t), counting), upTo(4))
  const total = counting.calls.length
  t.ok(total > 40, `${total} calls`)
  t.ok(
    counting.calls.some(({ path }) => path.endsWith('00000001.seg')),
    'the scenario closes a segment',
  )
  const wrong: string[] = []
  for (let index = 0; index < total; index++) {
    const faults: Fault[] =
      counting.calls[index]?.name === 'write' ? ['EIO', 'ENOSPC', 'short', 'torn'] : ['EIO', 'ENOSPC']
    for (const fault of faults) {
      const dir = temporaryFolder(t)
      const acknowledged = await scenario(
        dir,
        new FailingFiles().failing((_, at) => (at === index ? fault : null)),
      )
      {
        await using store = await openFixed(dir, { segmentBytesMax: 1_500 })
        store.append(started(9))
        await store.flush()
      }
      const kept = await commandsIn(dir)
      const verdict = await verdictOf(dir)
      const lost = acknowledged.filter((n) => !kept.includes(n))
      const twice = kept.length !== new Set(kept).size
      // A command that was never acknowledged may be missing, which its session's counter shows.
      if (lost.length > 0 || twice || !/^(UNANCHORED|INCOMPLETE\/SESSION_GAP)$/.test(verdict)) {
        wrong.push(
          `${fault} at ${index} ${JSON.stringify(counting.calls[index])}: lost ${lost.join()}, kept ${kept.join()}, ${verdict}`,
        )
      }
    }
  }
  t.strictSame(wrong, [])
})

t.test(
  'whichever call is the last before the power goes, nothing acknowledged is lost and the log verifies',
  async (t) => {
    const counting = new FailingFiles()
    await scenario(temporaryFolder(t), counting)
    const wrong: string[] = []
    for (let index = 0; index < counting.calls.length; index++) {
      const dir = temporaryFolder(t)
      const copy = temporaryFolder(t)
      let acknowledged: number[] | null = null
      const progress: number[] = []
      const files = new FailingFiles().failing((_, at) => {
        // What is on the disk when the call begins is what the next process finds.
        if (at === index && acknowledged === null) {
          acknowledged = [...progress]
          cpSync(dir, copy, { recursive: true })
        }
        return null
      })
      await scenarioWith(dir, files, progress)
      {
        await using store = await openFixed(copy, { segmentBytesMax: 1_500 })
        store.append(started(9))
        await store.flush()
      }
      const kept = await commandsIn(copy)
      const verdict = await verdictOf(copy)
      const lost = (acknowledged ?? []).filter((n) => !kept.includes(n))
      if (lost.length > 0 || !/^(UNANCHORED|INCOMPLETE\/SESSION_GAP)$/.test(verdict)) {
        wrong.push(
          `before ${index} ${JSON.stringify(counting.calls[index])}: lost ${lost.join()}, kept ${kept.join()}, ${verdict}`,
        )
      }
    }
    t.strictSame(wrong, [])
  },
)

async function scenarioWith(dir: string, files: FailingFiles, acknowledged: number[]): Promise<void> {
  await using store = await openFixed(dir, { files, segmentBytesMax: 1_500 })
  for (let n = 1; n <= 4; n++) {
    store.append(started(n))
    await store.flush()
    acknowledged.push(n)
  }
}

t.test(
  'after a failed sync the store says so, acknowledges nothing, and writes the same records once it works',
  async (t) => {
    const dir = temporaryFolder(t)
    let broken = false
    const files = new FailingFiles().failing(({ name, path }) =>
      broken && name === 'datasync' && path.endsWith('.seg') ? 'EIO' : null,
    )
    const store = await openFixed(dir, { files })
    store.append(started(1))
    await store.flush()
    broken = true
    store.append(started(2))
    await t.rejects(store.flush(), { code: 'CMDAID_ERR_AUDIT_IO' })
    const during = store.state()
    t.match(during, { size: 3, queued: 1, dropped: 0, degraded: { code: 'CMDAID_ERR_AUDIT_IO' } })
    store.append(started(3))
    broken = false
    await until(() => store.state().queued === 0 && store.state().degraded === null)
    await store[Symbol.asyncDispose]()
    t.strictSame(await commandsIn(dir), [1, 2, 3])
    t.equal(await verdictOf(dir), 'UNANCHORED')
  },
)

t.test('a sync that fails once and then pretends to work leaves no phantom, no fork and no number twice', async (t) => {
  const dir = temporaryFolder(t)
  let failures = 0
  const files = new FailingFiles().failing(({ name, path }) => {
    return name === 'datasync' && path.endsWith('.seg') && failures++ % 2 === 1 ? 'EIO' : null
  })
  {
    await using store = await openFixed(dir, { files })
    for (let n = 1; n <= 20; n++) {
      store.append(started(n))
      await store.flush().catch(() => undefined)
    }
    await until(() => store.state().queued === 0)
  }
  t.strictSame(await commandsIn(dir), upTo(20))
  t.equal(await verdictOf(dir), 'UNANCHORED')
})

t.test('a full disk is counted to the event, and the count is the first record afterwards', async (t) => {
  const dir = temporaryFolder(t)
  let full = false
  const files = new FailingFiles().failing(({ name, path }) =>
    full && name === 'write' && path.endsWith('.seg') ? 'short' : null,
  )
  const store = await openFixed(dir, { files })
  store.append(started(1))
  await store.flush()
  const before = statSync(join(dir, 'log', '00000000.seg')).size
  full = true
  store.append(started(2))
  await t.rejects(store.flush(), { code: 'CMDAID_ERR_AUDIT_FULL' })
  // One is being written, as many as the queue holds wait, and nine find no room.
  const extra = 9
  for (let n = 3; n < 3 + AUDIT_QUEUE_EVENTS_MAX + extra; n++) store.append(finished(n))
  t.match(store.state(), { dropped: extra, degraded: { code: 'CMDAID_ERR_AUDIT_FULL' } })
  await t.rejects(store.flush(), { code: 'CMDAID_ERR_AUDIT_FULL' })
  t.ok(statSync(join(dir, 'log', '00000000.seg')).size <= before * 2, 'what was half written is cut back')
  full = false
  await until(() => store.state().queued === 0)
  await store[Symbol.asyncDispose]()
  const records: string[] = []
  for await (const entry of readEntries(dir, { order: 'oldest' })) {
    if (entry.seq >= 3 && records.length < 3)
      records.push(`${entry.record} ${JSON.stringify(entry.details['count'] ?? null)}`)
  }
  t.strictSame(records, ['PREEXEC null', `LOSS ${extra}`, 'PRECMD null'])
  t.equal(await verdictOf(dir), 'INCOMPLETE/LOSS')
})

t.test('openings that cannot be written hold back the records that need them', async (t) => {
  const dir = temporaryFolder(t)
  let broken = false
  const rows: number[] = []
  const openings = async (): Promise<{
    write: typeof write
    erase: () => Promise<boolean>
    close: () => Promise<void>
  }> => ({
    write,
    erase: async () => false,
    close: async () => undefined,
  })
  const write = async (written: readonly { readonly seq: number }[]): Promise<void> => {
    if (broken) throw new CmdaidError('CMDAID_ERR_AUDIT_FULL', 'no room for openings')
    rows.push(...written.map((row) => row.seq))
  }
  await using store = await openFixed(dir, { openings })
  broken = true
  store.append(started(1))
  await t.rejects(store.flush(), { code: 'CMDAID_ERR_AUDIT_FULL' })
  t.equal(store.state().size, 2)
  broken = false
  await until(() => store.state().size === 3)
  t.ok(rows.includes(2), 'the openings of record 2 came first')
})

t.test('no checkpoint is signed over records that are not durable', async (t) => {
  const dir = temporaryFolder(t)
  const order: string[] = []
  const files = new FailingFiles().failing(({ name, path }) => {
    const file = path.endsWith('.seg')
      ? 'segment'
      : path.endsWith('.notes')
        ? 'heads'
        : path.endsWith('-wal')
          ? 'openings'
          : null
    if (file !== null && (name === 'write' || name === 'datasync')) order.push(`${file} ${name}`)
    return null
  })
  const store = await openFixed(dir, { files })
  order.length = 0
  store.append(started(1))
  await store.checkpoint()
  t.strictSame(order, ['openings datasync', 'segment write', 'segment datasync', 'heads write', 'heads datasync'])
  await store[Symbol.asyncDispose]()
  t.ok(readFileSync(join(dir, 'heads', '00000000.notes')).length > 0)
})
