import t from 'tap'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { formatCheckpoint } from '../../../src/core/audit/checkpoint.ts'
import { leafHash } from '../../../src/core/audit/hash.ts'
import { GrowingRange } from '../../../src/core/audit/merkle.ts'
import { signNote } from '../../../src/core/audit/note.ts'
import { decodeSegmentHeader } from '../../../src/core/audit/segment-header.ts'
import { deviceKey } from '../../../src/adapters/audit-store/keys.ts'
import { verifyLog } from '../../../src/adapters/audit-store/verify-log.ts'
import type { VerifyOptions, VerifyReport } from '../../../src/adapters/audit-store/verify-log.ts'
import { finished, openFixed, plantDeviceKey, sessionOpened, started, temporaryFolder } from './fixture.ts'

t.setTimeout(180_000)

type Scope = { teardown(handler: () => void): unknown }

/** A log in two segments that was closed cleanly, and the head that was known at the end. */
async function honestLog(t: Scope, name = 'one', commands = 14): Promise<string> {
  const dir = temporaryFolder(t)
  plantDeviceKey(dir, name)
  await using store = await openFixed(dir, { segmentBytesMax: 6_000 })
  if (commands > 1) store.append(sessionOpened())
  for (let n = 1; n <= commands; n++) {
    store.append(started(n))
    store.append(finished(n))
    if (n % 5 === 0) await store.checkpoint()
  }
  return dir
}

function copyOf(t: Scope, dir: string): string {
  const copy = temporaryFolder(t)
  cpSync(dir, copy, { recursive: true })
  return copy
}

/** The newest note of a log, kept elsewhere. */
function keepHead(t: Scope, dir: string): string {
  const notes = readdirSync(join(dir, 'heads'))
    .filter((it) => it.endsWith('.notes'))
    .sort()
  const whole = notes.map((name) => readFileSync(join(dir, 'heads', name), 'utf8')).join('')
  const path = join(temporaryFolder(t), 'head')
  writeFileSync(path, `${whole.split('\n').slice(-7, -2).join('\n')}\n`)
  return path
}

const segmentPath = (dir: string, segment = 0): string => join(dir, 'log', `0000000${segment}.seg`)
const notesPath = (dir: string, segment = 0): string => join(dir, 'heads', `0000000${segment}.notes`)

type Parts = { header: Buffer; leaves: Buffer[]; rest: Buffer }

function takeApart(path: string): Parts {
  const bytes = readFileSync(path)
  const reading = decodeSegmentHeader(bytes)
  if (!reading.ok) throw new Error(reading.error)
  const leaves: Buffer[] = []
  let at = reading.length
  while (at + 8 <= bytes.length && bytes.readUInt32BE(at) > 0) {
    const length = bytes.readUInt32BE(at)
    leaves.push(Buffer.from(bytes.subarray(at + 8, at + 8 + length)))
    at += 8 + length
  }
  return { header: Buffer.from(bytes.subarray(0, reading.length)), leaves, rest: Buffer.from(bytes.subarray(at)) }
}

function putTogether(path: string, { header, leaves, rest }: Parts): void {
  const frames = leaves.map((leaf) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(leaf.length, 0)
    head.writeUInt32BE(crc32(leaf), 4)
    return Buffer.concat([head, leaf])
  })
  writeFileSync(path, Buffer.concat([header, ...frames, rest]))
}

/** As an attacker would: numbers and predecessors made right again from `from` on. */
function relink(leaves: Buffer[], from: number, firstSeq = 0): void {
  for (let index = Math.max(from, 1); index < leaves.length; index++) {
    const leaf = leaves[index] as Buffer
    leaf.writeBigUInt64BE(BigInt(firstSeq + index), 4)
    leaf.write(leafHash(leaves[index - 1] as Buffer), 12, 32, 'latin1')
  }
}

async function check(dir: string, more: Partial<VerifyOptions> = {}): Promise<VerifyReport> {
  return verifyLog({ dir, ...more })
}

/** Verdict, exit status, and what the worst finding says where. */
function told(report: VerifyReport): unknown {
  const worst = report.findings.find((finding) => finding.severity !== 'note')
  return [report.verdict, report.exitCode, worst?.code ?? null, worst?.seqs ?? null]
}

t.test('an untouched log is UNANCHORED without a head, WITNESSED with one that covers its end', async (t) => {
  const dir = await honestLog(t)
  const head = keepHead(t, dir)
  t.strictSame(told(await check(dir)), ['UNANCHORED', 2, null, null])
  const report = await check(dir, { head })
  t.strictSame(told(report), ['WITNESSED', 0, null, null])
  t.equal(report.vouchedRecords, report.records)
})

t.test('a head that is too far behind vouches for its part only', async (t) => {
  const dir = await honestLog(t)
  const head = keepHead(t, dir)
  {
    await using store = await openFixed(dir)
    for (let n = 15; n < 40; n++) store.append(started(n))
  }
  const report = await check(dir, { head, lagRecords: 5 })
  t.strictSame(told(report), ['UNANCHORED', 2, null, null])
  t.ok(report.vouchedRecords !== null && report.vouchedRecords < report.records)
  t.match(report.explanation, `vouches for the first ${report.vouchedRecords} records`)
  t.equal((await check(dir, { head, lagRecords: 1_000 })).verdict, 'WITNESSED')
  t.equal((await check(dir, { since: head })).verdict, 'UNANCHORED')
})

t.test('every single bit of records, frames, headers, seals and checkpoints counts', async (t) => {
  const dir = await honestLog(t, 'bits', 1)
  let flipped = 0
  const passed: string[] = []
  /** Each lane flips its share of the bits in a copy of its own, so that their waiting overlaps. */
  const lane = async (index: number, lanes: number): Promise<void> => {
    const copy = copyOf(t, dir)
    for (const path of [segmentPath(copy), notesPath(copy)]) {
      const original = readFileSync(path)
      const bytes = Buffer.from(original)
      // Of the zeros behind the end one byte is enough: all are compared with zero at once.
      const end = path.endsWith('.seg') ? original.length - takeApart(path).rest.length + 1 : original.length
      for (let bit = index; bit < end * 8; bit += lanes) {
        const at = bit >> 3
        bytes[at] = (original[at] ?? 0) ^ (1 << (bit & 7))
        writeFileSync(path, bytes)
        bytes[at] = original[at] ?? 0
        const { verdict } = await check(copy, { openings: false })
        flipped += 1
        if (verdict !== 'TAMPERED' && verdict !== 'DAMAGED' && verdict !== 'UNSUPPORTED') passed.push(`${path} ${bit}`)
      }
      writeFileSync(path, original)
    }
    t.equal((await check(copy)).verdict, 'UNANCHORED', 'its twin passes')
  }
  await Promise.all(Array.from({ length: 8 }, (_, index) => lane(index, 8)))
  t.ok(flipped > 10_000, `${flipped} bits`)
  t.strictSame(passed, [])
})

t.test('records cut off at the end, up to a checkpoint, are found by a head kept elsewhere only', async (t) => {
  const dir = await honestLog(t)
  const head = keepHead(t, dir)
  const { records } = await check(dir)
  // The second segment and its checkpoints go; what is left is a perfect shorter log.
  const last = readdirSync(join(dir, 'log')).length - 1
  rmSync(segmentPath(dir, last))
  rmSync(notesPath(dir, last))
  const alone = await check(dir, { openings: false })
  t.equal(alone.verdict, 'UNANCHORED')
  const report = await check(dir, { head, openings: false })
  t.strictSame(told(report), ['TAMPERED', 1, 'TRUNCATED', [alone.records, records - 1]])
})

t.test('records cut off under its own checkpoint are found without a head', async (t) => {
  const dir = await honestLog(t, 'one', 4)
  const parts = takeApart(segmentPath(dir))
  const kept = parts.leaves.slice(0, -3)
  putTogether(segmentPath(dir), { ...parts, leaves: kept, rest: Buffer.alloc(500) })
  const all = parts.leaves.length
  t.strictSame(told(await check(dir)), ['TAMPERED', 1, 'TRUNCATED', [kept.length, all - 1]])
  const path = segmentPath(dir)
  putTogether(path, { ...parts, rest: Buffer.alloc(0) })
  const end = readFileSync(path).length
  truncateSync(path, end - 20)
  t.strictSame(told(await check(dir)), ['TAMPERED', 1, 'FRAME', [all - 1, all - 1]])
})

t.test('a log that is gone is no input, and TAMPERED for whoever knows a head', async (t) => {
  const dir = await honestLog(t, 'gone', 2)
  const head = keepHead(t, dir)
  const empty = temporaryFolder(t)
  await t.rejects(check(empty), { code: 'CMDAID_ERR_AUDIT_MISSING' })
  await t.rejects(check(join(empty, 'nowhere')), { code: 'CMDAID_ERR_AUDIT_MISSING' })
  t.strictSame(told(await check(empty, { head })), ['TAMPERED', 1, 'TRUNCATED', [0, 7]])
})

t.test('a suffix that was rewritten and signed again by the same key is a FORK for whoever knows a head', async (t) => {
  const dir = await honestLog(t, 'fork', 4)
  const head = keepHead(t, dir)
  const parts = takeApart(segmentPath(dir))
  const victim = parts.leaves[5] as Buffer
  victim[victim.length - 1] = (victim.at(-1) ?? 0) ^ 1
  relink(parts.leaves, 6)
  putTogether(segmentPath(dir), parts)
  const key = deviceKey(createPrivateKey(readFileSync(join(dir, 'keys', 'device.key'))))
  const range = new GrowingRange()
  for (const leaf of parts.leaves) range.append(leafHash(leaf))
  const checkpoint = { origin: key.origin, size: range.size, root: range.root() }
  writeFileSync(notesPath(dir), `${signNote(formatCheckpoint(checkpoint), key.note, key.privateKey)}\n`)
  t.equal((await check(dir, { openings: false })).verdict, 'UNANCHORED', 'nothing inside can tell')
  t.strictSame(told(await check(dir, { head })), ['TAMPERED', 1, 'FORK', [0, range.size - 1]])
})

t.test('records removed, swapped, doubled or inserted are named for what they are', async (t) => {
  const dir = await honestLog(t, 'order', 4)
  const path = segmentPath(dir)
  const original = takeApart(path)
  const changed = async (change: (leaves: Buffer[]) => void): Promise<unknown> => {
    const leaves = original.leaves.map((leaf) => Buffer.from(leaf))
    change(leaves)
    putTogether(path, { ...original, leaves })
    return told(await check(dir, { openings: false }))
  }
  t.strictSame(await changed(() => undefined), ['UNANCHORED', 2, null, null])
  t.strictSame(await changed((it) => it.splice(5, 1)), ['TAMPERED', 1, 'GAP', [5, 5]])
  t.strictSame(await changed((it) => it.splice(5, 2, it[6] as Buffer, it[5] as Buffer)), [
    'TAMPERED',
    1,
    'ORDER',
    [5, 5],
  ])
  t.strictSame(await changed((it) => it.splice(5, 0, it[4] as Buffer)), ['TAMPERED', 1, 'DUPLICATE', [5, 5]])
  const total = original.leaves.length
  t.strictSame(
    await changed((it) => {
      it.splice(5, 1)
      relink(it, 5)
    }),
    ['TAMPERED', 1, 'TRUNCATED', [total - 1, total - 1]],
  )
  t.strictSame(
    await changed((it) => {
      it.splice(5, 0, Buffer.from(it[4] as Buffer))
      relink(it, 5)
    }),
    ['TAMPERED', 1, 'ROOT', [2, total - 1]],
  )
  t.strictSame(
    await changed((it) => {
      const leaf = it[5] as Buffer
      leaf.writeBigUInt64BE(1n, 80)
    }),
    ['TAMPERED', 1, 'CHAIN', [6, 6]],
  )
})

t.test('a record or a segment of another log does not fit', async (t) => {
  const dir = await honestLog(t, 'mine', 4)
  const other = await honestLog(t, 'theirs', 4)
  const parts = takeApart(segmentPath(dir))
  const theirs = takeApart(segmentPath(other))
  putTogether(segmentPath(dir), { ...parts, leaves: parts.leaves.with(5, theirs.leaves[5] as Buffer) })
  t.strictSame(told(await check(dir)), ['TAMPERED', 1, 'SPLICE', [5, 5]])
  const long = await honestLog(t, 'mine')
  const longTheirs = await honestLog(t, 'theirs')
  cpSync(segmentPath(longTheirs, 1), segmentPath(long, 1))
  t.strictSame(told(await check(long)), ['TAMPERED', 1, 'SPLICE', null])
})

t.test('an older copy of the whole log passes alone and is found by a later head', async (t) => {
  const dir = await honestLog(t, 'old', 4)
  const old = copyOf(t, dir)
  {
    await using store = await openFixed(dir)
    store.append(started(5))
  }
  t.equal((await check(old)).verdict, 'UNANCHORED')
  const report = await check(old, { head: keepHead(t, dir) })
  t.strictSame(told(report), ['TAMPERED', 1, 'TRUNCATED', [report.records, report.records + 2]])
})

t.test('checkpoints that are missing, stripped or signed by others never pass', async (t) => {
  const dir = await honestLog(t, 'signed', 4)
  const notes = readFileSync(notesPath(dir), 'utf8')
  const verdictWith = async (text: string): Promise<unknown> => {
    writeFileSync(notesPath(dir), text)
    return told(await check(dir))
  }
  t.strictSame(await verdictWith(''), ['TAMPERED', 1, 'UNSIGNED', null])
  t.strictSame(await verdictWith(notes.replaceAll(/— .*\n/g, '\n')), ['TAMPERED', 1, 'SIGNATURE', null])
  t.strictSame(await verdictWith(notes + notes), ['TAMPERED', 1, 'SIGNATURE', null])
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = deviceKey(privateKey)
  const own = deviceKey(createPrivateKey(readFileSync(join(dir, 'keys', 'device.key'))))
  const body = notes.split('\n\n')[0] ?? ''
  t.strictSame(await verdictWith(`${signNote(`${body}\n`, own.note, privateKey)}\n`), [
    'TAMPERED',
    1,
    'SIGNATURE',
    null,
  ])
  t.strictSame(await verdictWith(`${signNote(`${body}\n`, key.note, privateKey)}\n`), [
    'TAMPERED',
    1,
    'SIGNATURE',
    null,
  ])
  t.strictSame(await verdictWith(notes), ['UNANCHORED', 2, null, null])
})

t.test('a head of another log, by another key, or that is no note is refused', async (t) => {
  const dir = await honestLog(t, 'mine', 3)
  const other = await honestLog(t, 'theirs', 3)
  const head = keepHead(t, dir)
  t.strictSame(told(await check(dir, { head: keepHead(t, other) })), ['TAMPERED', 1, 'HEAD', null])
  const { privateKey } = generateKeyPairSync('ed25519')
  const own = deviceKey(createPrivateKey(readFileSync(join(dir, 'keys', 'device.key'))))
  const text = `${readFileSync(head, 'utf8').split('\n\n')[0]}\n`
  writeFileSync(head, signNote(text, own.note, privateKey))
  t.strictSame(told(await check(dir, { head })), ['TAMPERED', 1, 'HEAD', null])
  const good = signNote(text, own.note, own.privateKey)
  const bad = signNote(text, own.note, privateKey).split('\n\n')[1]
  writeFileSync(head, good + bad)
  t.strictSame(
    told(await check(dir, { head })),
    ['TAMPERED', 1, 'HEAD', null],
    'one bad signature of a known key spoils the note',
  )
  for (const junk of ['', 'x\n', text, `${'a'.repeat(100_000)}\n`, text.replace(/\n\d+\n/, '\n007\n') + '\n— a b\n']) {
    writeFileSync(head, junk)
    await t.rejects(check(dir, { head }), { name: 'CmdaidError' }, JSON.stringify(junk.slice(0, 20)))
  }
  writeFileSync(
    head,
    signNote(`${own.origin}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`, own.note, own.privateKey),
  )
  await t.rejects(check(dir, { head }), { code: 'CMDAID_ERR_AUDIT_HEAD' }, 'size 0 vouches for nothing')
  await t.rejects(check(dir, { head: join(dir, 'none') }), { code: 'CMDAID_ERR_AUDIT_MISSING' })
  t.strictSame(told(await check(dir, { verifierKey: (await check(other)).verifierKey ?? '' })), [
    'TAMPERED',
    1,
    'GENESIS',
    [0, 0],
  ])
  t.equal((await check(dir, { verifierKey: (await check(dir)).verifierKey ?? '' })).verdict, 'UNANCHORED')
})

t.test('segments that are missing, renamed or not closed are located', async (t) => {
  const three = async (): Promise<string> => {
    const dir = await honestLog(t, 'three', 40)
    t.ok(readdirSync(join(dir, 'log')).length >= 3)
    return dir
  }
  const missing = await three()
  rmSync(segmentPath(missing, 1))
  const gone = await check(missing)
  t.strictSame([gone.verdict, gone.findings[0]?.code, gone.findings[0]?.file], ['TAMPERED', 'GAP', 'log/00000001.seg'])
  const renamed = await three()
  renameSync(segmentPath(renamed, 1), segmentPath(renamed, 9))
  renameSync(segmentPath(renamed, 2), segmentPath(renamed, 1))
  renameSync(segmentPath(renamed, 9), segmentPath(renamed, 2))
  t.equal((await check(renamed)).findings[0]?.code, 'GAP')
  const open = await three()
  const parts = takeApart(segmentPath(open, 0))
  putTogether(segmentPath(open, 0), { ...parts, leaves: parts.leaves.slice(0, -1) })
  t.equal((await check(open)).findings[0]?.code, 'TRUNCATED')
  const trailing = await three()
  putTogether(segmentPath(trailing, 0), { ...parts, rest: Buffer.from('more') })
  t.strictSame(told(await check(trailing)), ['DAMAGED', 4, 'TRAILING', null])
})

t.test('what is not signed yet and cannot be read is DAMAGED, never TAMPERED', async (t) => {
  const dir = temporaryFolder(t)
  plantDeviceKey(dir, 'tail')
  const copy = temporaryFolder(t)
  {
    await using store = await openFixed(dir)
    for (let n = 1; n <= 5; n++) store.append(started(n))
    await store.flush()
    cpSync(dir, copy, { recursive: true })
  }
  const report = await check(copy)
  t.strictSame([report.verdict, report.signedRecords, report.records], ['UNANCHORED', 2, 7])
  t.strictSame(
    report.findings.map((it) => [it.code, it.seqs]),
    [['UNSIGNED_TAIL', [2, 6]]],
  )
  const bytes = readFileSync(segmentPath(copy))
  const { rest } = takeApart(segmentPath(copy))
  const end = bytes.length - rest.length
  bytes[end - 1] = (bytes[end - 1] ?? 0) ^ 1
  writeFileSync(segmentPath(copy), bytes)
  t.strictSame(told(await check(copy)), ['DAMAGED', 4, 'TORN', [6, 6]])
  bytes[end - 1] = (bytes[end - 1] ?? 0) ^ 1
  bytes[bytes.length - 3] = 7
  writeFileSync(segmentPath(copy), bytes)
  t.strictSame(told(await check(copy)), ['DAMAGED', 4, 'TRAILING', null])
})

t.test('a later version of the format is UNSUPPORTED, not half verified', async (t) => {
  const dir = await honestLog(t, 'later', 4)
  const parts = takeApart(segmentPath(dir))
  const newer = parts.leaves.map((leaf) => Buffer.from(leaf))
  ;(newer[5] as Buffer)[0] = 2
  putTogether(segmentPath(dir), { ...parts, leaves: newer })
  t.strictSame(told(await check(dir)), ['UNSUPPORTED', 5, 'FORMAT', [5, 5]])
  const kind = parts.leaves.map((leaf) => Buffer.from(leaf))
  ;(kind[5] as Buffer)[1] = 99
  putTogether(segmentPath(dir), { ...parts, leaves: kind })
  t.strictSame(told(await check(dir)), ['UNSUPPORTED', 5, 'FORMAT', [5, 5]])
  const header = Buffer.from(parts.header)
  header[8] = 2
  header.writeUInt32BE(crc32(header.subarray(0, -4)), header.length - 4)
  putTogether(segmentPath(dir), { ...parts, header })
  t.strictSame(told(await check(dir)), ['UNSUPPORTED', 5, 'FORMAT', null])
})

t.test('hostile files are refused or read in bounded memory', async (t) => {
  const dir = await honestLog(t, 'hostile', 4)
  const path = segmentPath(dir)
  const parts = takeApart(path)
  putTogether(path, { ...parts, rest: Buffer.from('ffffffff00000000', 'hex') })
  t.equal((await check(dir)).verdict, 'DAMAGED', 'a length of 4 GiB')
  rmSync(path)
  mkdirSync(path)
  await t.rejects(check(dir), { code: 'CMDAID_ERR_AUDIT_UNSAFE' }, 'a folder')
  rmSync(path, { recursive: true })
  const { execFileSync } = await import('node:child_process')
  execFileSync('mkfifo', [path])
  await t.rejects(check(dir), { code: 'CMDAID_ERR_AUDIT_UNSAFE' }, 'a FIFO')
  rmSync(path)
  const { symlinkSync } = await import('node:fs')
  symlinkSync('/etc/passwd', path)
  await t.rejects(check(dir), { code: 'CMDAID_ERR_AUDIT_UNSAFE' }, 'a link')
})
