import { ANCESTRY_CACHE_MAX, ANCESTRY_LEVELS_MAX } from '../../core/limits.ts'
import { readArguments, readProcess } from './process-info.ts'
import type { ProcessInfo } from './process-info.ts'

export type Ancestor = ProcessInfo & { readonly arguments: readonly string[] }

/** The process itself and its parents, nearest first. */
export type AncestryReader = (pid: number) => readonly Ancestor[]

/**
 * Walks `/proc` upwards. Arguments are read once for each process (known again by pid and start time): an agent that
 * starts a hundred `bash -c` costs one small read a level after the first.
 */
export function ancestryReader(): AncestryReader {
  const seen = new Map<number, Ancestor>()
  return (pid) => {
    const chain: Ancestor[] = []
    for (let next = pid; next > 0 && chain.length < ANCESTRY_LEVELS_MAX;) {
      const process = readProcess(next)
      if (process === null) break
      const known = seen.get(next)
      const ancestor =
        known?.start === process.start && known.name === process.name
          ? { ...process, arguments: known.arguments }
          : { ...process, arguments: readArguments(next) }
      remember(seen, ancestor)
      chain.push(ancestor)
      next = process.ppid
    }
    return chain
  }
}

function remember(seen: Map<number, Ancestor>, ancestor: Ancestor): void {
  seen.delete(ancestor.pid)
  seen.set(ancestor.pid, ancestor)
  if (seen.size <= ANCESTRY_CACHE_MAX) return
  for (const oldest of seen.keys()) {
    seen.delete(oldest)
    return
  }
}
