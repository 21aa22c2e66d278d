import { join } from 'node:path'

/**
 * Where things are in the directory of an audit log:
 *
 *     log/00000000.seg …     the truth: records, append-only
 *     heads/00000000.notes … every checkpoint signed while that segment was written
 *     heads/tail.json        a cache: where to go on; checked before use
 *     openings.db            erasable values and salts
 *     keys/device.key        Ed25519; keys/data-<yyyymm>.key  AES-256, one a month
 *     cut/                   what was cut off behind the last whole record after a crash
 *     lock.db lock.pid       who writes
 */
export type AuditLayout = {
  readonly dir: string
  readonly log: string
  readonly heads: string
  readonly keys: string
  readonly cut: string
  readonly openings: string
  readonly tail: string
  readonly deviceKey: string
  readonly lock: string
  readonly lockPid: string
}

export function auditLayout(dir: string): AuditLayout {
  return {
    dir,
    log: join(dir, 'log'),
    heads: join(dir, 'heads'),
    keys: join(dir, 'keys'),
    cut: join(dir, 'cut'),
    openings: join(dir, 'openings.db'),
    tail: join(dir, 'heads', 'tail.json'),
    deviceKey: join(dir, 'keys', 'device.key'),
    lock: join(dir, 'lock.db'),
    lockPid: join(dir, 'lock.pid'),
  }
}

export function segmentName(segment: number): string {
  return `${eightDigits(segment)}.seg`
}

export function notesName(segment: number): string {
  return `${eightDigits(segment)}.notes`
}

/** The numbers of the files with this ending, ascending; other names are no concern of the log. */
export function numbersOf(names: readonly string[], ending: '.seg' | '.notes'): number[] {
  return names
    .filter((name) => /^[0-9]{8}$/.test(name.slice(0, -ending.length)) && name.endsWith(ending))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b)
}

function eightDigits(value: number): string {
  return String(value).padStart(8, '0')
}
