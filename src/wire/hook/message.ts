import { CANARY_LINE, CANARY_OUTCOMES } from '../../core/event/canary.ts'
import type { CanaryOutcome } from '../../core/event/canary.ts'
import { HELLO_MARKERS_MAX, HELLO_VALUE_CHARACTERS_MAX, PIPE_STATUSES_MAX } from '../../core/limits.ts'
import { fail, ok } from '../../core/result.ts'
import type { Result } from '../../core/result.ts'
import type { ShellName } from '../../core/shell/facts.ts'
import type { HookFrame } from './frame.ts'

/** What a shell says of itself. Claims, not facts: only the pid is checked, against the kernel. */
export type Hello = {
  readonly shell: ShellName
  readonly version: string
  readonly pid: number
  readonly ppid: number | null
  readonly tty: string | null
  readonly interactive: boolean
  readonly login: boolean
  readonly options: string
  /** Names of marker variables that are set; never their values. */
  readonly markers: readonly string[]
  readonly hook: string
}

export type TextForm = 'plain' | 'history' | 'simple'

export type HookMessage =
  | { readonly kind: 'hello'; readonly cwd: string; readonly hello: Hello }
  | {
      readonly kind: 'ask'
      readonly cwd: string
      readonly seq: number
      readonly digit: number
      readonly form: TextForm
      /** Null: the text is in the session's `cmd` file. */
      readonly text: Uint8Array | null
      /** Generation of the shell's aliases; 0: it has none. */
      readonly aliases: number
    }
  | {
      /** A line that the shell remembers the daemon to have allowed: it runs, and nobody waits. */
      readonly kind: 'remembered'
      readonly cwd: string
      readonly seq: number
      readonly text: Uint8Array
      readonly aliases: number
    }
  | { readonly kind: 'canary'; readonly digit: number }
  | { readonly kind: 'proof'; readonly outcome: CanaryOutcome }
  | {
      readonly kind: 'finished'
      readonly cwd: string
      readonly seq: number
      readonly exitStatus: number | null
      readonly pipeStatuses: readonly number[]
    }
  | { readonly kind: 'answered'; readonly seq: number; readonly reason: string }
  | { readonly kind: 'unasked'; readonly cwd: string; readonly seq: number; readonly text: Uint8Array }
  | { readonly kind: 'bye'; readonly seq: number }

const SHELLS: ReadonlySet<string> = new Set<ShellName>(['bash', 'zsh', 'sh', 'fish', 'powershell'])
const FORM_OF_BYTE: Readonly<Record<number, TextForm>> = { 0x70: 'plain', 0x68: 'history', 0x62: 'simple' }
const COUNT = /^\d{1,15}$/
const CANARY_EXTRA = '0 c'
const MARKER = /^[A-Za-z_]\w{0,63}$/
const STATUS = /^\d{1,3}$/

/** Fields → one message. Texts are views into the frame; strings are copies. */
export function parseHookFrame(frame: HookFrame): Result<HookMessage, 'malformed'> {
  // Somebody waits for this one: nothing is made for it that it does not need.
  if (frame.type === 'Q' || frame.type === 'S' || frame.type === 'A') return parseAsk(frame)
  const extra = utf8(frame.extra)
  switch (frame.type) {
    case 'H': {
      const hello = parseHello(utf8(frame.text))
      return hello === null ? fail('malformed') : ok({ kind: 'hello', cwd: frame.cwd, hello })
    }
    case 'E': {
      if (!COUNT.test(extra)) return fail('malformed')
      const [exitStatus = null, ...pipeStatuses] = parseStatuses(utf8(frame.text))
      return ok({ kind: 'finished', cwd: frame.cwd, seq: Number(extra), exitStatus, pipeStatuses })
    }
    case 'R':
      if (!COUNT.test(extra)) return fail('malformed')
      return ok({ kind: 'answered', seq: Number(extra), reason: utf8(frame.text) })
    case 'U':
      if (!COUNT.test(extra)) return fail('malformed')
      return ok({ kind: 'unasked', cwd: frame.cwd, seq: Number(extra), text: frame.text })
    case 'K': {
      const told = utf8(frame.text)
      const outcome = CANARY_OUTCOMES.find((known) => known === told)
      return outcome === undefined || extra !== '0' ? fail('malformed') : ok({ kind: 'proof', outcome })
    }
    case 'X':
      return COUNT.test(extra) ? ok({ kind: 'bye', seq: Number(extra) }) : fail('malformed')
  }
}

const BLANK = 0x20
const ZERO = 0x30
/** Of a decimal number: what is longer is no count of anything. */
const DIGITS_MAX = 15

/** `n form` or `n form aliases`, read from its bytes. */
function parseAsk(frame: HookFrame): Result<HookMessage, 'malformed'> {
  const { extra } = frame
  const blank = afterNumber(extra, 0)
  const form = extra[blank] === BLANK ? FORM_OF_BYTE[extra[blank + 1] ?? 0] : undefined
  if (form === undefined) return parseCanary(frame)
  if (frame.type === 'A' && form !== 'plain') return fail('malformed')
  const end = blank + 2
  const aliasesEnd = end < extra.length ? afterNumber(extra, end + 1) : end
  const withAliases = extra[end] === BLANK && extra[end + 1] !== ZERO && aliasesEnd > end + 1
  if (aliasesEnd !== extra.length || (end < extra.length && !withAliases)) return fail('malformed')
  const { cwd } = frame
  const seq = numberAt(extra, 0, blank)
  const aliases = withAliases ? numberAt(extra, end + 1, aliasesEnd) : 0
  if (frame.type === 'A') return ok({ kind: 'remembered', cwd, seq, text: frame.text, aliases })
  const text = frame.type === 'Q' ? frame.text : null
  return ok({ kind: 'ask', cwd, seq, digit: frame.digit, form, text, aliases })
}

/** Where the digits that begin at `from` end; -1 when there are none, or too many. */
function afterNumber(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && isDigit(bytes[at]!)) at += 1
  return at === from || at - from > DIGITS_MAX ? -1 : at
}

function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at += 1) number = number * 10 + bytes[at]! - ZERO
  return number
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9
}

/** Nothing but the canary may be asked about without a record. */
function parseCanary({ type, digit, text, extra }: HookFrame): Result<HookMessage, 'malformed'> {
  const isCanary = type === 'Q' && utf8(extra) === CANARY_EXTRA && utf8(text) === CANARY_LINE
  return isCanary ? ok({ kind: 'canary', digit }) : fail('malformed')
}

function parseHello(text: string): Hello | null {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1))
  }
  const shell = values.get('shell') ?? ''
  const pid = parsePid(values.get('pid'))
  if (!isShell(shell) || pid === null) return null
  return {
    shell,
    version: short(values.get('version')),
    pid,
    ppid: parsePid(values.get('ppid')),
    tty: short(values.get('tty')) || null,
    interactive: values.get('interactive') === '1',
    login: values.get('login') === '1',
    options: short(values.get('options')),
    markers: (values.get('markers') ?? '').split(',', HELLO_MARKERS_MAX).filter((name) => MARKER.test(name)),
    hook: short(values.get('hook')),
  }
}

function short(text: string | undefined): string {
  return (text ?? '').slice(0, HELLO_VALUE_CHARACTERS_MAX)
}

/** A pid as decimal text, or null: 0 and 1 are never a shell of ours. */
export function parsePid(text: string | undefined): number | null {
  const pid = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0
  return pid > 1 && pid < 2 ** 31 ? pid : null
}

function parseStatuses(text: string): readonly number[] {
  return text
    .split(' ', PIPE_STATUSES_MAX + 1)
    .filter((status) => STATUS.test(status))
    .map(Number)
}

function isShell(name: string): name is ShellName {
  return SHELLS.has(name)
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
