import { destination, pino, stdTimeFunctions } from 'pino'
import type { Level, Logger } from 'pino'
import { LOG_BUFFER_BYTES_MAX } from '../../core/limits.ts'

export type { Logger } from 'pino'

export type Log = {
  /** A child for one component. Messages are constant, values are fields, and no field ever holds a command line. */
  readonly for: (component: string) => Logger
  /** Writes what waits. For the last lines before the process ends. */
  readonly flush: () => void
}

/**
 * JSON lines on standard error. Written in the background and bounded: a full disk or a stopped reader costs log lines,
 * never a verdict.
 */
export function openLog({ level, fd = 2 }: { readonly level: Level; readonly fd?: number }): Log {
  const out = destination({ dest: fd, sync: false, maxLength: LOG_BUFFER_BYTES_MAX })
  // A closed standard error is no reason to stop serving shells.
  out.on('error', () => undefined)
  const root = pino({ level, timestamp: stdTimeFunctions.isoTime, base: { pid: process.pid } }, out)
  return {
    for: (component) => root.child({ component }),
    flush: () => {
      try {
        out.flushSync()
      } catch {
        // Nothing is left to say, or nobody is left to hear it.
      }
    },
  }
}
