/**
 * What a shell with the hook must do, as data: keys to type and what may have run afterwards. The words below mean the same
 * in every shell. `say WORD…` leaves a line in a file: what is there has run. So do `DENYME`, which the policy of these
 * cases refuses, `WARNME`, which it warns of, and `CONFIRMME`, which it asks about, if they ever run.
 */

export const CONFORMANCE_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const
export type ConformanceShell = (typeof CONFORMANCE_SHELLS)[number]

/** A shell, or a range of its versions. */
export type Applies = ConformanceShell | `${ConformanceShell}${'>=' | '<'}${number}`

export type Step =
  /** A line, Enter, and the next prompt. */
  | string
  /** Keys as they are, then so many prompts. */
  | { readonly keys: string; readonly prompts?: number }
  /** A paste as terminals send it, then so many prompts. */
  | { readonly paste: string; readonly prompts: number }
  /** Waits until this is shown. */
  | { readonly see: string }
  /** Waits until nothing more is shown: for keys that a shell takes as a signal, before those that are typed later. */
  | { readonly pause: true }
  /** Waits until this was left by `say`. */
  | { readonly said: string }
  /** Enter is pressed and the shell ends. */
  | { readonly end: string }

/** The same word or line in each shell's own language. */
export type Words = {
  /** Exit status of the last line. */
  readonly status: string
  /** Statuses of the last pipeline, separated by blanks. */
  readonly statuses: string
  /** A command that fails with this status. */
  readonly fail: (status: number) => string
  /** Lets this text run as a child, not in the shell. */
  readonly subshell: (text: string) => string
}

export type ConformanceCase = {
  /** Stable: reports name it. */
  readonly id: string
  /** A sentence, without the shell's name. */
  readonly title: string
  readonly shells: readonly Applies[]
  readonly steps: readonly Step[] | ((words: Words, shell: ConformanceShell) => readonly Step[])
  /** Everything that ran, in order. */
  readonly ran: readonly string[] | ((shell: ConformanceShell) => readonly string[])
  /** The same when nothing judges the lines. Cases that have it are also tried with a daemon that is missing or wrong. */
  readonly unjudged?: readonly string[]
  /** How often an explanation of a refusal is shown; not looked at when absent. */
  readonly refusals?: number
  /** Must be, and must not be, in what the terminal shows. */
  readonly shows?: RegExp
  readonly hides?: RegExp
  /**
   * A shell of its own, since the case changes it for good: with these lines in its rc file, before and after the hook
   * is loaded. Cases without it share one shell.
   */
  readonly rc?: { readonly before?: string; readonly after?: string }
}

export type Outcome = {
  readonly id: string
  readonly title: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped; empty when it passed. */
  readonly detail: string
}

/** Whether a case is for this shell; a version that is not known is taken to be the newest. */
export function appliesTo(
  { shells }: Pick<ConformanceCase, 'shells'>,
  shell: ConformanceShell,
  version: string,
): boolean {
  return shells.some((each) => {
    const [, name, comparison, bound] = /^([a-z]+)(?:(>=|<)(.+))?$/.exec(each) ?? []
    if (name !== shell) return false
    if (comparison === undefined || bound === undefined) return true
    return comparison === '>=' ? compareVersions(version, bound) >= 0 : compareVersions(version, bound) < 0
  })
}

function compareVersions(one: string, other: string): number {
  const numbers = (version: string): number[] => (version.match(/\d+/g) ?? ['9999']).map(Number)
  const [left, right] = [numbers(one), numbers(other)]
  for (let at = 0; at < right.length; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
