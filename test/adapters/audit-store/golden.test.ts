import t from 'tap'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commitment } from '../../../src/core/audit/commitment.ts'
import { hashHex, leafHash } from '../../../src/core/audit/hash.ts'
import { GrowingRange } from '../../../src/core/audit/merkle.ts'
import { decodeSegmentHeader } from '../../../src/core/audit/segment-header.ts'
import { readEntries } from '../../../src/adapters/audit-store/read-entries.ts'
import { verifyLog } from '../../../src/adapters/audit-store/verify-log.ts'
import { finished, openFixed, started, temporaryFolder } from './fixture.ts'
import { writeGoldenLog, writeProofOfLifeLog } from './golden-log.ts'

const GOLDEN = 'test/golden/audit/v1'
const PROOF_OF_LIFE = 'test/golden/audit/v1-proof-of-life'
const PYTHON = ['test/golden/audit/verify_log.py']

/** What is frozen: records and checkpoints. The openings are sealed with fresh nonces and are not part of the format. */
function frozenFiles(dir: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const folder of ['log', 'heads']) {
    for (const name of readdirSync(join(dir, folder)).filter((it) => /^\d{8}\.(seg|notes)$/.test(it))) {
      const bytes = readFileSync(join(dir, folder, name))
      let end = bytes.length
      // The zeros behind the last record are room, not content; but a record may itself end in some.
      while (bytes[end - 1] === 0) end -= 1
      files[`${folder}/${name}`] = bytes.toString('hex', 0, Math.min(end + 8, bytes.length))
    }
  }
  return files
}

/** The frozen logs and what makes them. A log is added for what comes later; none is changed. */
const FROZEN = [
  [GOLDEN, writeGoldenLog],
  [PROOF_OF_LIFE, writeProofOfLifeLog],
] as const

t.test('the same events give the frozen bytes', async (t) => {
  for (const [golden, write] of FROZEN) {
    const dir = temporaryFolder(t)
    await write(dir)
    if (process.env['CMDAID_WRITE_GOLDEN'] === golden) {
      for (const folder of ['log', 'heads']) mkdirSync(join(golden, folder), { recursive: true })
      for (const [name, hex] of Object.entries(frozenFiles(dir)))
        writeFileSync(join(golden, name), Buffer.from(hex, 'hex'))
    }
    t.strictSame(frozenFiles(dir), frozenFiles(golden), golden)
  }
})

t.test('the frozen log verifies, and its entries read as they did', async (t) => {
  const report = await verifyLog({ dir: GOLDEN, openings: false })
  t.strictSame(
    [report.verdict, report.records, report.root, report.findings.map((it) => [it.code, it.seqs])],
    ['INCOMPLETE', 48, '1965d1acd84a2b3dba3addd0f6b2557eebf64292b429ea54910a43371c050171', [['SESSION_GAP', [12, 12]]]],
  )
  for (const [golden] of FROZEN) {
    const path = join(golden, 'entries.jsonl')
    let text = ''
    for await (const entry of readEntries(golden, { order: 'oldest' })) text += `${JSON.stringify(entry)}\n`
    if (process.env['CMDAID_WRITE_GOLDEN'] === golden) writeFileSync(path, text)
    t.equal(text, readFileSync(path, 'utf8'))
  }
  const later = await verifyLog({ dir: PROOF_OF_LIFE, openings: false })
  t.strictSame([later.verdict, later.findings], ['UNANCHORED', []])
})

t.test('the vectors in the specification are those of the frozen log', async (t) => {
  const text = readFileSync('docs/format/audit.md', 'utf8').replaceAll(/\s/g, '')
  const bytes = readFileSync(join(GOLDEN, 'log', '00000000.seg'))
  const reading = decodeSegmentHeader(bytes)
  const range = new GrowingRange()
  let at = reading.ok ? reading.length : 0
  t.ok(text.includes(bytes.toString('hex', 0, at)), 'header')
  for (let seq = 0; seq < 8; seq++) {
    const end = at + 8 + bytes.readUInt32BE(at)
    const hash = leafHash(bytes.subarray(at + 8, end))
    range.append(hash)
    if (seq === 0 || seq === 5) t.ok(text.includes(bytes.toString('hex', at, end)), `frame ${seq}`)
    t.ok(text.includes(`|${seq + 1}|\`${hashHex(hash)}\`|\`${hashHex(range.root())}\`|`), `root ${seq + 1}`)
    at = end
  }
  const note = readFileSync(join(GOLDEN, 'heads', '00000000.notes'), 'utf8')
    .split('\n')
    .slice(0, 5)
    .join('')
  t.ok(text.includes(note.replaceAll(/\s/g, '')), 'checkpoint')
  t.ok(text.includes(hashHex(commitment(1, Buffer.alloc(32, 1), Buffer.from('ls -la')))), 'commitment')
})

t.test('a verifier that is not ours reaches the same root', async (t) => {
  for (const [golden] of FROZEN) {
    const { records, root, checkpoints } = await verifyLog({ dir: golden, openings: false })
    const text = execFileSync('python3', [...PYTHON, golden], { encoding: 'utf8' })
    const other = JSON.parse(text) as Record<string, unknown>
    t.strictSame([other['size'], other['root'], other['checkpoints']], [records, root, checkpoints])
  }
})

t.test('both verifiers agree on random logs and on what was done to them', async (t) => {
  for (let round = 0; round < 12; round++) {
    const dir = temporaryFolder(t)
    {
      await using store = await openFixed(dir, { segmentBytesMax: 2_048 + round * 700 })
      for (let n = 1; n <= 5 + round * 3; n++) {
        store.append(started(n, 'x'.repeat((n * 37) % 300)))
        if (n % 3 > 0) store.append(finished(n))
        if (n % 4 === 0) await store.checkpoint()
      }
    }
    const honest = spawnSync('python3', [...PYTHON, dir], { encoding: 'utf8' })
    const ours = await verifyLog({ dir })
    t.equal(honest.status, 0, honest.stderr)
    t.equal((JSON.parse(honest.stdout) as { root: string }).root, ours.root)
    const copy = temporaryFolder(t)
    cpSync(dir, copy, { recursive: true })
    const segments = readdirSync(join(copy, 'log')).sort()
    const path = join(copy, 'log', segments[round % segments.length] ?? '')
    const bytes = readFileSync(path)
    const at = (round * 7919) % bytes.length
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (round % 8))
    writeFileSync(path, bytes)
    t.equal(spawnSync('python3', [...PYTHON, copy]).status, 1)
    const changed = await verifyLog({ dir: copy })
    t.ok(changed.verdict === 'TAMPERED' || changed.verdict === 'DAMAGED', changed.verdict)
  }
})
