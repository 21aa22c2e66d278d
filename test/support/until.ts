import { setTimeout as sleep } from 'node:timers/promises'

/** How long anything in a test may take before it counts as hung: generous, since it only bounds a failure. */
export const DEADLINE_MS = 20_000

/**
 * Waits until `condition` gives something other than false, null or undefined, and returns it. Fails with `what` and,
 * when given, the text of `detail` once the deadline has passed.
 */
export async function until<Value>(
  what: string,
  condition: () => Value | Promise<Value>,
  {
    deadlineMs = DEADLINE_MS,
    detail = () => '',
  }: { readonly deadlineMs?: number; readonly detail?: () => string } = {},
): Promise<NonNullable<Value>> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const value = await condition()
    if (value !== null && value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}\n${detail()}`)
    await sleep(5)
  }
}
