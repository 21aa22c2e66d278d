/** All writing to the terminal. Data goes to standard output, what is said to people about it to standard error. */

import type { CmdaidError } from '../core/errors.ts'

export type Colour = 'red' | 'yellow' | 'green' | 'bold' | 'dim'

export class Output {
  readonly #stdout: NodeJS.WriteStream
  readonly #stderr: NodeJS.WriteStream
  /** Errors go to standard output as JSON. */
  json = false
  /** Whether standard output shows colours. */
  readonly colours: boolean
  #closed = false
  #failure: Error | null = null

  constructor(
    stdout: NodeJS.WriteStream,
    stderr: NodeJS.WriteStream,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#stdout = stdout
    this.#stderr = stderr
    this.colours = wantsColours(env, stdout.isTTY)
    // A reader that has seen enough (`| head`) is no error: what is left is not written.
    const close = (error: Error): void => {
      this.#closed = true
      if (!('code' in error) || error.code !== 'EPIPE') this.#failure ??= error
    }
    stdout.on('error', close)
    stderr.on('error', () => undefined)
  }

  /** Nobody reads any more: whatever produces output can stop. */
  get closed(): boolean {
    return this.#closed
  }

  /** Why standard output could not be written, other than for want of a reader. */
  get failure(): Error | null {
    return this.#failure
  }

  /** Columns of the terminal; null when there is none and lines may be as long as they are. */
  get columns(): number | null {
    return this.#stdout.isTTY ? this.#stdout.columns || 80 : null
  }

  /** Writes to standard output, and waits while the reader is slower than we are. */
  async write(text: string): Promise<void> {
    if (this.#closed || this.#stdout.write(text)) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#stdout.off('drain', done)
        this.#stdout.off('close', done)
        this.#stdout.off('error', done)
        resolve()
      }
      this.#stdout.on('drain', done)
      this.#stdout.on('close', done)
      this.#stdout.on('error', done)
    })
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`)
  }

  /** One JSON document on one line. */
  async data(value: unknown): Promise<void> {
    await this.write(`${jsonLine(value)}\n`)
  }

  /** To standard error, as it is. */
  say(text: string): void {
    this.#stderr.write(`${text}\n`)
  }

  async error(error: CmdaidError): Promise<void> {
    const { code, message, hint } = error
    if (this.json) {
      await this.data({ v: 1, error: { code, message, hint: hint ?? null } })
      return
    }
    this.say(`cmdaid: error: ${visible(message)} [${code}]`)
    if (error.cause instanceof Error) this.say(`cmdaid: cause: ${visible(error.cause.message)}`)
    if (hint !== undefined) this.say(`cmdaid: hint: ${visible(hint)}`)
  }

  paint(colour: Colour, text: string): string {
    return this.colours ? `\u001B[${SGR[colour]}m${text}\u001B[0m` : text
  }
}

/** JSON on one line in which every character that `visible` would escape is escaped as JSON does it: safe to show, the same to read. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(INVISIBLE, (character) => {
    let escaped = ''
    for (let unit = 0; unit < character.length; unit++) escaped += `\\u${hex(character.charCodeAt(unit), 4)}`
    return escaped
  })
}

/** `NO_COLOR` and `FORCE_COLOR` count when they are not empty, in this order; else the terminal decides. */
export function wantsColours(env: Readonly<Record<string, string | undefined>>, terminal: boolean): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0'
  return terminal && env['TERM'] !== 'dumb'
}

/**
 * Text from a command line, a log or a file, made safe to show: everything that moves a cursor, changes the direction of writing or is
 * not seen at all becomes a visible escape. The result has no line breaks.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0
    return NAMED.get(code) ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`)
  })
}

/** The same for text of several lines, whose breaks and tabs stay. */
export function visibleLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(visible).join('\t'))
    .join('\n')
}

const SGR: Readonly<Record<Colour, string>> = { red: '31', yellow: '33', green: '32', bold: '1', dim: '2' }

const NAMED: ReadonlyMap<number, string> = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
])

/**
 * Controls (Cc), formats (Cf: directions, joiners, soft hyphens, tags), separators of lines and paragraphs, surrogates without a
 * partner, private use, every blank that is not a plain one, and the letters, marks and fillers that show nothing.
 */
const INVISIBLE = new RegExp(
  [
    '[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}]',
    '(?! )\\p{Zs}',
    // Marks and fillers that show nothing: joiners, Hangul and Khmer fillers, variation selectors, the empty Braille pattern.
    '\\u034F|\\u115F|\\u1160|\\u17B4|\\u17B5|[\\u180B-\\u180F]|\\u2800|\\u3164|[\\uFE00-\\uFE0F]|\\uFFA0|[\\u{E0100}-\\u{E01EF}]',
  ].join('|'),
  'gu',
)

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
