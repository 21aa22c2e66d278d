import type * as NodePty from 'node-pty'
import { CmdaidError } from '../../core/errors.ts'
import { TERMINAL_TRANSCRIPT_CHARS_MAX, TERMINAL_WAIT_MS } from '../../core/limits.ts'

export type TerminalOptions = {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly columns?: number
  readonly rows?: number
}

/** How a program ended: its status, or the number of the signal that ended it. */
export type ProgramExit = { readonly exitCode: number; readonly signal: number }

/** What programs ask a terminal, and what an xterm answers. They wait for it, so every request gets its reply. */
const QUERIES: readonly (readonly [RegExp, string])[] = [
  // eslint-disable-next-line no-control-regex
  [/\x1b\[0?c/g, '\x1b[?62;22c'],
  // eslint-disable-next-line no-control-regex
  [/\x1b\[6n/g, '\x1b[1;1R'],
  // eslint-disable-next-line no-control-regex
  [/\x1b\[\?u/g, '\x1b[?0u'],
]
const QUERY_CHARS_MAX = 8

/**
 * A program in a pseudo-terminal: what it shows is kept, what it asks of the terminal is answered, and every wait has a
 * deadline. Disposing it kills the program.
 */
export class Terminal implements AsyncDisposable {
  readonly #pty: NodePty.IPty
  #shown = ''
  #unscanned = ''
  #exit: ProgramExit | null = null
  /** Called whenever something was shown or the program ended. */
  readonly #watchers = new Set<() => void>()

  private constructor(pty: NodePty.IPty) {
    this.#pty = pty
    pty.onData((text) => this.#take(text))
    pty.onExit(({ exitCode, signal }) => {
      this.#exit = { exitCode, signal: signal ?? 0 }
      this.#wake()
    })
  }

  /** Starts a program. Fails with CMDAID_ERR_TERMINAL_MISSING where the package that makes terminals is not installed. */
  static async open({ command, env, cwd, columns = 200, rows = 50 }: TerminalOptions): Promise<Terminal> {
    const { spawn } = await loadPty()
    const [program, ...args] = command
    return new Terminal(
      spawn(program, args, { name: env['TERM'] ?? 'xterm-256color', cols: columns, rows, cwd, env: { ...env } }),
    )
  }

  get pid(): number {
    return this.#pty.pid
  }

  /** Everything shown so far, control sequences included. */
  get shown(): string {
    return this.#shown
  }

  /** How the program ended; null while it lives. */
  get exit(): ProgramExit | null {
    return this.#exit
  }

  /** Keys as they are. */
  type(keys: string): void {
    this.#pty.write(keys)
  }

  /**
   * Waits until `find` finds something in what is shown, and returns it. Fails with `what` when the program ends first
   * or nothing comes in time.
   */
  waitFor<Found>(what: string, find: (shown: string) => Found | null, deadlineMs = TERMINAL_WAIT_MS): Promise<Found> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#watchers.delete(look)
        clearTimeout(timer)
        settle()
      }
      const look = (): void => {
        const found = find(this.#shown)
        if (found !== null) end(() => resolve(found))
        else if (this.#exit !== null) end(() => reject(this.#vain(`the program ended before ${what}`)))
      }
      const timer = setTimeout(() => {
        end(() => reject(this.#vain(`waited ${deadlineMs} ms in vain for ${what}`)))
      }, deadlineMs)
      this.#watchers.add(look)
      look()
    })
  }

  /** Waits for the program's end. */
  async waitForExit(deadlineMs = TERMINAL_WAIT_MS): Promise<ProgramExit> {
    const end = Date.now() + deadlineMs
    while (this.#exit === null && Date.now() < end) await this.#change(end - Date.now())
    if (this.#exit === null) throw this.#vain(`waited ${deadlineMs} ms in vain for the end of the program`)
    return this.#exit
  }

  /** Resolves once nothing was shown for `quietMs`, or at the deadline. */
  async waitForQuiet(quietMs: number, deadlineMs = TERMINAL_WAIT_MS): Promise<void> {
    const end = Date.now() + deadlineMs
    while (Date.now() < end && (await this.#change(quietMs)) && this.#exit === null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit !== null) return
    this.#pty.kill('SIGKILL')
    await this.waitForExit()
  }

  /** Whether something was shown, or the program ended, within so many milliseconds. */
  #change(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (changed: boolean): void => {
        this.#watchers.delete(seen)
        clearTimeout(timer)
        resolve(changed)
      }
      const seen = (): void => end(true)
      const timer = setTimeout(() => end(false), withinMs)
      this.#watchers.add(seen)
    })
  }

  #vain(what: string): Error {
    return new Error(what)
  }

  #take(text: string): void {
    this.#shown += text
    // A program that floods its terminal must not fill our memory; places in the text stay what they were.
    if (this.#shown.length > TERMINAL_TRANSCRIPT_CHARS_MAX) this.#pty.kill('SIGKILL')
    this.#answer(text)
    this.#wake()
  }

  #answer(text: string): void {
    this.#unscanned += text
    let answered = 0
    for (const [query, reply] of QUERIES) {
      for (const match of this.#unscanned.matchAll(query)) {
        this.#pty.write(reply)
        answered = Math.max(answered, match.index + match[0].length)
      }
    }
    this.#unscanned = this.#unscanned.slice(Math.max(answered, this.#unscanned.length - QUERY_CHARS_MAX))
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher()
  }
}

async function loadPty(): Promise<typeof NodePty> {
  try {
    return await import('node-pty')
  } catch (cause) {
    throw new CmdaidError('CMDAID_ERR_TERMINAL_MISSING', 'cannot open a terminal: the package node-pty does not load', {
      cause,
      hint: 'install it beside cmdaid: npm install node-pty',
    })
  }
}
