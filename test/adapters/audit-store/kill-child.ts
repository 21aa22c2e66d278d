import { writeSync } from 'node:fs'
import type { SessionId } from '../../../src/core/event/ids.ts'
import { HUMAN, openFixed, started } from './fixture.ts'

/** Appends commands for ever, one commit each, and writes a line for each that was acknowledged. Killed from outside. */
const [dir = '', round = '0'] = process.argv.slice(2)
const session = { ...HUMAN, id: round.padStart(32, '0') as SessionId }
const store = await openFixed(dir, { segmentBytesMax: 20_000, checkpointDelayMs: 3 })
for (let n = 1; ; n++) {
  store.append(started(n, `round ${round} command ${n}`, undefined, session))
  await store.flush()
  writeSync(1, `${n}\n`)
}
