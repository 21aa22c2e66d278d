import t from 'tap'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { AUDIT_CHECKPOINT_RECORDS } from '../../../src/core/limits.ts'
import { auditLayout } from '../../../src/adapters/audit-store/layout.ts'
import { openOpenings } from '../../../src/adapters/audit-store/openings-store.ts'
import { systemFiles } from '../../../src/adapters/audit-store/file-operations.ts'
import { readEntries } from '../../../src/adapters/audit-store/read-entries.ts'
import { verifyLog } from '../../../src/adapters/audit-store/verify-log.ts'
import { until } from '../../support/until.ts'
import { FailingFiles } from './failing-files.ts'
import { finished, fixedOptions, oneOfEach, openFixed, started, T0, temporaryFolder } from './fixture.ts'

async function recordsIn(dir: string): Promise<string[]> {
  const records: string[] = []
  for await (const entry of readEntries(dir, { order: 'oldest' })) {
    const cause = entry.details['cause']
    records.push(typeof cause === 'string' ? `${entry.record} ${cause}` : entry.record)
  }
  return records
}

t.test('a new log has private files, names its key, and is signed from the first moment', async (t) => {
  const dir = join(temporaryFolder(t), 'audit')
  const store = await openFixed(dir)
  const state = store.state()
  t.match(state, { origin: /^cmdaid\.local\/[0-9a-f]{32}\/1$/, size: 2, head: { size: 2 }, queued: 0, degraded: null })
  await store[Symbol.asyncDispose]()
  t.strictSame(await recordsIn(dir), ['GENESIS', 'START first', 'STOP'])
  const modes = readdirSync(dir, { recursive: true, withFileTypes: true }).map((entry) => {
    return [entry.isDirectory(), statSync(join(entry.parentPath, entry.name)).mode & 0o777] as const
  })
  t.strictSame([...new Set(modes.map(([folder, mode]) => `${folder} ${mode.toString(8)}`))].sort(), [
    'false 600',
    'true 700',
  ])
})

t.test('every kind of event is kept and read back', async (t) => {
  const dir = temporaryFolder(t)
  {
    await using store = await openFixed(dir)
    for (const event of oneOfEach()) store.append(event)
  }
  t.strictSame(await recordsIn(dir), [
    'GENESIS',
    'START first',
    'DAEMON_START',
    'POLICY',
    'SESSION_OPEN',
    'PREEXEC',
    'PRECMD',
    'PREEXEC',
    'PRECMD',
    'PREEXEC',
    'ANSWER',
    'PRECMD',
    'SESSION_GAP timeout',
    'PREEXEC',
    'POLICY',
    'SESSION_CLOSE bye',
    'DAEMON_STOP SIGTERM',
    'STOP',
  ])
})

t.test('what was taken in becomes durable without anybody asking for it', async (t) => {
  await using store = await openFixed(temporaryFolder(t))
  await store.flush()
  for (const round of [1, 2]) {
    const { size } = store.state()
    for (const seq of [1, 2, 3]) store.append(started(10 * round + seq))
    t.equal(store.queued, 3, 'not at once')
    await until('durable', () => store.queued === 0)
    t.equal(store.state().size, size + 3)
  }
})

t.test('a second writer is refused and told who the first is; afterwards the log is free', async (t) => {
  const dir = temporaryFolder(t)
  const store = await openFixed(dir)
  await t.rejects(openFixed(dir), { code: 'CMDAID_ERR_AUDIT_IN_USE', message: new RegExp(String(process.pid)) })
  const code = `import { openFixed } from '${process.cwd()}/test/adapters/audit-store/fixture.ts'
    await openFixed(${JSON.stringify(dir)}).then(() => console.log('opened'), (error) => console.log(error.code))`
  const other = (): string =>
    spawnSync('node', ['--input-type=module', '--eval', code], { encoding: 'utf8' }).stdout.trim()
  t.equal(other(), 'CMDAID_ERR_AUDIT_IN_USE', 'also in another process')
  await store[Symbol.asyncDispose]()
  await (await openFixed(dir))[Symbol.asyncDispose]()
  t.strictSame(await recordsIn(dir), ['GENESIS', 'START first', 'STOP', 'START clean', 'STOP'])
})

t.test('checkpoints come by themselves after enough records, and after a pause', async (t) => {
  const dir = temporaryFolder(t)
  {
    await using store = await openFixed(dir)
    for (let n = 1; n <= AUDIT_CHECKPOINT_RECORDS + 10; n++) store.append(finished(n))
    await store.flush()
    t.ok((store.state().head?.size ?? 0) >= AUDIT_CHECKPOINT_RECORDS)
  }
  await using store = await openFixed(dir, { checkpointDelayMs: 5 })
  store.append(started(1))
  await store.flush()
  const deadline = Date.now() + 10_000
  while (store.state().head?.size !== store.state().size) {
    if (Date.now() > deadline) throw new Error('no checkpoint came')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  t.pass('signed without being asked')
})

t.test('segments are closed by size and by age, without zeros behind their last record', async (t) => {
  const dir = temporaryFolder(t)
  let now = T0
  {
    await using store = await openFixed(dir, { segmentBytesMax: 3_000, segmentAgeMs: 60_000, now: () => now })
    for (let n = 1; n <= 12; n++) store.append(started(n))
    await store.flush()
    now += 61_000_000n
    store.append(started(13))
    await store.flush()
  }
  const segments = readdirSync(join(dir, 'log')).sort()
  t.ok(segments.length >= 3)
  for (const name of segments.slice(0, -1)) t.ok(readFileSync(join(dir, 'log', name)).at(-1) !== undefined)
  const report = await verifyLog({ dir })
  t.strictSame([report.verdict, report.segments], ['UNANCHORED', segments.length])
})

t.test('opening a long log reads the end of its last segment, not the log', async (t) => {
  const dir = temporaryFolder(t)
  {
    await using store = await openFixed(dir)
    for (let n = 1; n <= 3_000; n++) store.append(finished(n))
  }
  let bytes = 0
  const counting = {
    ...systemFiles,
    open: async (path: string, purpose: 'read' | 'write' | 'create') => {
      const file = await systemFiles.open(path, purpose)
      if (!path.endsWith('.seg')) return file
      const read: typeof file.read = async (buffer, offset, length, position) => {
        const result = await file.read(buffer, offset, length, position)
        // Zeros ahead of the end are looked at too; only what holds records counts.
        bytes += buffer.subarray(offset, offset + result.bytesRead).filter((byte) => byte !== 0).length
        return result
      }
      return new Proxy(file, {
        get: (target, name) => {
          if (name === 'read') return read
          const value = Reflect.get(target, name) as unknown
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    },
  }
  const size = statSync(join(dir, 'log', '00000000.seg')).size
  await (await openFixed(dir, { files: counting }))[Symbol.asyncDispose]()
  t.ok(bytes < 10_000, `${bytes} of ${size} bytes`)
  rmSync(join(dir, 'heads', 'tail.json'))
  await (await openFixed(dir))[Symbol.asyncDispose]()
  writeFileSync(join(dir, 'heads', 'tail.json'), '{"v":1,"segment":0')
  await (await openFixed(dir))[Symbol.asyncDispose]()
  t.equal(
    (await verifyLog({ dir })).verdict,
    'UNANCHORED',
    'without the cache, or with a broken one, the segment is read',
  )
})

t.test('a torn tail is cut off, kept aside and recorded', async (t) => {
  const dir = temporaryFolder(t)
  await (await openFixed(dir))[Symbol.asyncDispose]()
  const path = join(dir, 'log', '00000000.seg')
  const bytes = readFileSync(path)
  let end = bytes.length
  while (bytes[end - 1] === 0) end -= 1
  writeFileSync(path, Buffer.concat([bytes.subarray(0, end + 4), Buffer.from('000001f4deadbeef0102', 'hex')]))
  await (await openFixed(dir))[Symbol.asyncDispose]()
  const kept = readdirSync(join(dir, 'cut'))
  t.equal(kept.length, 1)
  t.ok(readFileSync(join(dir, 'cut', kept[0] ?? '')).includes(Buffer.from('deadbeef', 'hex')))
  t.strictSame(await recordsIn(dir), ['GENESIS', 'START first', 'STOP', 'RECOVERED', 'START clean', 'STOP'])
  t.equal((await verifyLog({ dir })).verdict, 'UNANCHORED')
})

t.test('a log behind or beside its own checkpoint is refused, and left as it is', async (t) => {
  const build = async (): Promise<string> => {
    const dir = temporaryFolder(t)
    await using store = await openFixed(dir)
    for (let n = 1; n <= 30; n++) store.append(started(n))
    return dir
  }
  const refused = async (dir: string, code: string): Promise<void> => {
    const before = readFileSync(join(dir, 'log', '00000000.seg'))
    await t.rejects(openFixed(dir), { code })
    t.ok(readFileSync(join(dir, 'log', '00000000.seg')).equals(before))
  }
  const cut = await build()
  truncateSync(join(cut, 'log', '00000000.seg'), 4_000)
  await refused(cut, 'CMDAID_ERR_AUDIT_DAMAGED')
  const clean = await build()
  const old = temporaryFolder(t)
  await (await openFixed(old))[Symbol.asyncDispose]()
  for (const name of ['log', 'keys']) {
    rmSync(join(clean, name), { recursive: true })
    renameSync(join(old, name), join(clean, name))
  }
  await refused(clean, 'CMDAID_ERR_AUDIT_ROLLBACK')
  const gone = await build()
  rmSync(join(gone, 'log', '00000000.seg'))
  await t.rejects(openFixed(gone), { code: 'CMDAID_ERR_AUDIT_ROLLBACK' })
  const unsigned = await build()
  rmSync(join(unsigned, 'heads'), { recursive: true })
  await refused(unsigned, 'CMDAID_ERR_AUDIT_ROLLBACK')
  const keyless = await build()
  rmSync(join(keyless, 'keys', 'device.key'))
  await refused(keyless, 'CMDAID_ERR_AUDIT_DAMAGED')
})

t.test('an older copy of log and cache under newer checkpoints is a rollback', async (t) => {
  const dir = temporaryFolder(t)
  await (await openFixed(dir))[Symbol.asyncDispose]()
  const path = join(dir, 'log', '00000000.seg')
  const [log, tail] = [readFileSync(path), readFileSync(join(dir, 'heads', 'tail.json'))]
  {
    await using store = await openFixed(dir)
    store.append(started(1))
  }
  writeFileSync(path, log)
  writeFileSync(join(dir, 'heads', 'tail.json'), tail)
  await t.rejects(openFixed(dir), { code: 'CMDAID_ERR_AUDIT_ROLLBACK' })
  const report = await verifyLog({ dir, openings: false })
  t.strictSame([report.verdict, report.findings[0]?.code], ['TAMPERED', 'TRUNCATED'])
})

t.test('clocks that are set back and forth never read as tampering', async (t) => {
  const dir = temporaryFolder(t)
  let now = T0
  {
    await using store = await openFixed(dir, { now: () => now })
    for (const hours of [0, 1, -1, 2, 0]) {
      now = T0 + BigInt(hours) * 3_600_000_000n
      const { started: command, ...rest } = started(1)
      store.append({ ...rest, started: { ...command, atUs: now } })
    }
  }
  const report = await verifyLog({ dir })
  t.equal(report.verdict, 'UNANCHORED')
  t.ok(report.findings.some((it) => it.code === 'TIME'))
})

t.test('a value is erased for good, the record of it stays, and the log still verifies', async (t) => {
  const dir = temporaryFolder(t)
  const secret = 'a-very-particular-secret-9f3c'
  const store = await openFixed(dir)
  store.append(started(1, `echo ${secret}`))
  await store.flush()
  t.equal(await store.redact(2, 'command', 'typed by mistake'), true)
  t.equal(await store.redact(2, 'command', 'again'), false)
  await store[Symbol.asyncDispose]()
  const report = await verifyLog({ dir })
  t.strictSame([report.verdict, report.openings?.redacted, report.openings?.missing], ['UNANCHORED', 1, 0])
  for await (const entry of readEntries(dir)) {
    if (entry.seq === 2)
      t.match(entry, { command: { text: null, working_directory: '/home/alice/src' }, withheld: ['command'] })
  }
})

t.test('openings that vanish, change or swap places are told apart', async (t) => {
  const build = async (): Promise<string> => {
    const dir = temporaryFolder(t)
    await using store = await openFixed(dir)
    store.append(started(1))
    store.append(started(2))
    return dir
  }
  const after = async (sql: string): Promise<unknown> => {
    const dir = await build()
    const db = new Database(join(dir, 'openings.db'))
    db.exec(sql)
    db.close()
    const report = await verifyLog({ dir })
    return [report.verdict, report.findings[0]?.code, report.findings[0]?.seqs]
  }
  t.strictSame(await after('SELECT 1'), ['UNANCHORED', undefined, undefined])
  t.strictSame(await after('DELETE FROM opening WHERE tag = 1 AND seq = 2'), ['INCOMPLETE', 'OPENING_MISSING', [2, 2]])
  t.strictSame(await after('UPDATE opening SET sealed = zeroblob(80) WHERE tag = 1 AND seq = 3'), [
    'TAMPERED',
    'OPENING',
    [3, 3],
  ])
  t.strictSame(
    await after(
      `UPDATE opening SET sealed = (SELECT sealed FROM opening WHERE tag = 1 AND seq = 3) WHERE tag = 1 AND seq = 2`,
    ),
    ['TAMPERED', 'OPENING', [2, 2]],
  )
  const dir = await build()
  rmSync(join(dir, 'openings.db'))
  const report = await verifyLog({ dir })
  t.strictSame([report.verdict, report.findings.length], ['INCOMPLETE', 1])
  const keyless = await build()
  for (const name of readdirSync(join(keyless, 'keys')))
    if (name.startsWith('data-')) rmSync(join(keyless, 'keys', name))
  t.equal((await verifyLog({ dir: keyless })).verdict, 'INCOMPLETE')
})

t.test('what a person typed is in no file of the log in the clear', async (t) => {
  const dir = temporaryFolder(t)
  const planted = ['planted-command-text', '/home/planted-cwd', 'planted-host', 'planted-user', 'planted-reason']
  {
    await using store = await openFixed(dir, { hostname: 'planted-host', user: 'planted-user' })
    const { started: command, decision, ...rest } = started(1, 'echo planted-command-text')
    store.append({
      ...rest,
      started: { ...command, cwd: '/home/planted-cwd' },
      decision: { ...decision, reason: 'planted-reason' },
    })
    await store.flush()
    for (const file of readdirSync(dir, { recursive: true, withFileTypes: true }).filter((it) => it.isFile())) {
      const bytes = readFileSync(join(file.parentPath, file.name))
      t.strictSame(
        planted.filter((text) => bytes.includes(text)),
        [],
        file.name,
      )
    }
  }
})

t.test('commits of openings are synced, each of them, and the settings are what they must be', async (t) => {
  const dir = temporaryFolder(t)
  const files = new FailingFiles()
  await using store = await openFixed(dir, { files })
  files.calls.length = 0
  for (let n = 1; n <= 10; n++) {
    store.append(started(n))
    await store.flush()
  }
  const count = (ending: string): number =>
    files.calls.filter(({ name, path }) => name === 'datasync' && path.endsWith(ending)).length
  t.strictSame([count('openings.db-wal'), count('.seg')], [10, 10])
})

t.test(
  'the syncs really reach the kernel',
  { skip: spawnSync('strace', ['-V']).status !== 0 && 'strace is not here' },
  async (t) => {
    const dir = temporaryFolder(t)
    const trace = join(temporaryFolder(t), 'trace')
    const code = `import { openFixed, started } from '${process.cwd()}/test/adapters/audit-store/fixture.ts'
    const store = await openFixed(${JSON.stringify(dir)})
    for (let n = 1; n <= 5; n++) { console.error('commit'); store.append(started(n)); await store.flush() }
    console.error('commit'); process.kill(process.pid, 'SIGKILL')`
    spawnSync('strace', [
      '-f',
      '-e',
      'trace=write,fsync,fdatasync',
      '-o',
      trace,
      'node',
      '--input-type=module',
      '--eval',
      code,
    ])
    const lines = readFileSync(trace, 'utf8').split('\n')
    const marks = lines.flatMap((line, index) => (line.includes('write(2, "commit') ? [index] : []))
    t.equal(marks.length, 6)
    const syncs = marks.slice(0, -1).map((mark, index) => {
      return lines.slice(mark, marks[index + 1]).filter((line) => /\bf(data)?sync\(\d/.test(line)).length
    })
    t.strictSame(syncs, [2, 2, 2, 2, 2], 'openings, then records, for each commit')
  },
)

t.test('openings of records that never came to be are dropped when the log is opened again', async (t) => {
  const dir = temporaryFolder(t)
  const layout = auditLayout(dir)
  await (await openFixed(dir))[Symbol.asyncDispose]()
  const openings = await openOpenings(systemFiles, layout, 3, () => Promise.resolve())
  await openings.write([{ seq: 3, tag: 1, salt: Buffer.alloc(32), value: Buffer.from('x'), month: '202601' }])
  await openings.close()
  await (await openFixed(dir))[Symbol.asyncDispose]()
  const db = new Database(layout.openings, { readonly: true })
  t.strictSame(db.prepare('SELECT tag FROM opening WHERE seq = 3 ORDER BY tag').pluck().all(), [5, 6])
  db.close()
})

t.test('events appended after the end are counted as dropped, and closing twice is harmless', async (t) => {
  const dir = temporaryFolder(t)
  const store = await openFixed(dir)
  await store[Symbol.asyncDispose]()
  store.append(started(1))
  await store[Symbol.asyncDispose]()
  t.equal(store.state().dropped, 1)
  t.ok(existsSync(join(dir, 'log', '00000000.seg')))
})

t.test('links and folders in the place of files are refused', async (t) => {
  const dir = temporaryFolder(t)
  await (await openFixed(dir))[Symbol.asyncDispose]()
  const path = join(dir, 'log', '00000000.seg')
  renameSync(path, join(dir, 'elsewhere'))
  const { symlinkSync, mkdirSync } = await import('node:fs')
  symlinkSync(join(dir, 'elsewhere'), path)
  await t.rejects(openFixed(dir), { code: 'CMDAID_ERR_AUDIT_UNSAFE' })
  rmSync(path)
  mkdirSync(path)
  await t.rejects(openFixed(dir), { code: 'CMDAID_ERR_AUDIT_UNSAFE' })
})

t.test('a directory that others may write to is refused', async (t) => {
  const dir = temporaryFolder(t)
  chmodSync(dir, 0o777)
  await t.rejects(openFixed(dir), { code: 'CMDAID_ERR_AUDIT_UNSAFE' })
  chmodSync(dir, 0o700)
  await (await openFixed(dir))[Symbol.asyncDispose]()
})

t.test('the clock, the salts and the boot of a real machine do as well as fixed ones', async (t) => {
  const dir = temporaryFolder(t)
  const { monotonic, random, bootId, ...rest } = fixedOptions(dir)
  t.ok(monotonic !== undefined && random !== undefined && bootId !== undefined)
  const { openAuditStore } = await import('../../../src/adapters/audit-store/open.ts')
  {
    await using store = await openAuditStore(rest)
    store.append(started(1))
  }
  t.equal((await verifyLog({ dir })).verdict, 'UNANCHORED')
})
