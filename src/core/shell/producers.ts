import type { CommandNode, ParsedScript } from 'unbash'
import type { Scope } from './scope.ts'
import type { Expansion } from './words.ts'

export function outputOf(_script: ParsedScript, _scope: Scope, _expansion?: Expansion): string | null {
  return null
}

export function outputOfStages(_stages: readonly CommandNode[], _expansion: Expansion): string | null {
  return null
}
