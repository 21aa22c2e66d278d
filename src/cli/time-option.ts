import { usage } from './parse-arguments.ts'

/** `2026-01-31`, `2026-01-31T08:00Z`, or an age such as `15m` → an RFC 3339 time in UTC. Throws `CMDAID_ERR_USAGE`. */
export function parseTimeOption(name: string, text: string, nowMs: number): string {
  const age = /^([0-9]{1,6})(s|m|h|d|w)$/.exec(text)
  const [, count, unit] = age ?? []
  const ms =
    count !== undefined && unit !== undefined
      ? nowMs - Number(count) * (UNIT_MS.get(unit) ?? 0)
      : /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text)
        ? Date.parse(text)
        : NaN
  if (Number.isNaN(ms))
    throw usage(`--${name} cannot be \`${text}\``, 'a time such as 2026-01-31T08:00Z, or an age such as 15m, 2h, 3d')
  return new Date(ms).toISOString()
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])
