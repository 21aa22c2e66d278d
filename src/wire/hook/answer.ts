import type { Effect } from '../../core/policy/decision.ts'

/** What the shell is told; `approve` and `deny` are the same to it: the line does not run and the explanation is shown. */
export type HookAnswer = 'run' | 'warn' | 'refuse' | 'confirm'

const FIRST_BYTE: Readonly<Record<HookAnswer, number>> = { run: 0x61, warn: 0x6b, refuse: 0x41, confirm: 0x4b }

/** One byte: the group says what to do, the place in the group repeats the ask's sequence digit (0–9). */
export function encodeAnswer(answer: HookAnswer, digit: number): number {
  return FIRST_BYTE[answer] + digit
}

/** The same backwards, for clients; null for a byte that is no answer. */
export function decodeAnswer(byte: number): { readonly answer: HookAnswer; readonly digit: number } | null {
  for (const answer of ['run', 'warn', 'refuse', 'confirm'] as const) {
    const digit = byte - FIRST_BYTE[answer]
    if (digit >= 0 && digit <= 9) return { answer, digit }
  }
  return null
}

export function answerFor(effect: Effect): HookAnswer {
  switch (effect) {
    case 'allow':
      return 'run'
    case 'warn':
      return 'warn'
    case 'confirm':
      return 'confirm'
    case 'approve':
    case 'deny':
      return 'refuse'
  }
}
