import type { ShellKind } from '../../core/install/lines.ts'

/** A start file, and the lines that belong in it. */
export type Place = { readonly shell: ShellKind; readonly path: string; readonly body: string }

export type Places = {
  readonly places: readonly Place[]
  /** What could not be covered, and why. */
  readonly notes: readonly string[]
}
