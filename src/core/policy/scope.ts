import { knownWord } from './scene.ts'
import type { DocumentPath } from './diagnostic.ts'
import type { Scope } from './document.ts'
import type { CompiledScope } from './table.ts'
import { type ReportAt, compileWordTest } from './word-test.ts'

export function compileScope(scope: Scope | undefined, at: DocumentPath, report: ReportAt): CompiledScope | null {
  if (scope === undefined) return null
  const { actors, agents, shells, directories } = scope
  // A directory means everything below it.
  const inDirectories =
    directories === undefined
      ? null
      : compileWordTest(
          { path: directories.map((directory) => `${directory.replace(/\/+$/, '')}/**`) },
          [...at, 'directories'],
          report,
        )
  return {
    actors: actors === undefined ? null : new Set(actors),
    agents: agents === undefined ? null : new Set(agents),
    shells: shells === undefined ? null : new Set(shells),
    directories:
      inDirectories === null
        ? null
        : (cwd, home) => inDirectories.matches(knownWord(cwd), { cwd: null, home, known: new Map() }),
  }
}
