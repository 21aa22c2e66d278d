import { mkdirSync } from 'node:fs'
import { openFixed, oneOfEach, plantDeviceKey, proofsOfLife, started, finished } from './fixture.ts'

/** Writes the log whose bytes are frozen in `test/golden/audit/v1`: every kind of record, two segments, two starts, a redaction. */
export async function writeGoldenLog(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  plantDeviceKey(dir, 'cmdaid golden device key')
  {
    await using store = await openFixed(dir, { segmentBytesMax: 8_192 })
    for (const event of oneOfEach()) {
      store.append(event)
      await store.flush()
    }
    await store.checkpoint()
    // Long enough to go into a second segment.
    for (let n = 7; n < 20; n++) {
      store.append(started(n, n === 9 ? 'x'.repeat(40_000) : `make target-${n}`))
      store.append(finished(n, n % 3))
      await store.flush()
    }
  }
  {
    await using store = await openFixed(dir, { segmentBytesMax: 8_192 })
    await store.redact(6, 'command', 'asked for by the data subject')
  }
}

/** Writes the log of `test/golden/audit/v1-proof-of-life`: kinds of records that came after the first frozen log. */
export async function writeProofOfLifeLog(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  plantDeviceKey(dir, 'cmdaid golden device key')
  await using store = await openFixed(dir, {})
  for (const event of proofsOfLife()) {
    store.append(event)
    await store.flush()
  }
  await store.checkpoint()
}
