import process from 'node:process'
import Database from 'better-sqlite3'

/**
 * A process that lives for one checkpoint of the openings: it waits for the syncs so that the daemon, which answers shells, does
 * not; its memory is the system's again when it ends. `PASSIVE` takes what no reader holds and gets in nobody's way.
 */
const db = new Database(process.argv[2] ?? '', { timeout: 2_000 })
try {
  db.pragma('synchronous = FULL')
  db.pragma('wal_checkpoint(PASSIVE)')
} finally {
  db.close()
}
