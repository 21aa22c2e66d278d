import { workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/**
 * A thread that lives for one checkpoint of the openings: it waits for the syncs so that the thread which answers shells does
 * not. `PASSIVE` takes what no reader holds and gets in nobody's way.
 */
const db = new Database(workerData as string, { timeout: 2_000 })
try {
  db.pragma('synchronous = FULL')
  db.pragma('wal_checkpoint(PASSIVE)')
} finally {
  db.close()
}
