import { spawn } from 'node-pty'
import type { IPty } from 'node-pty'
import { until } from './until.ts'

export type PtyShellOptions = {
  /** Program and arguments: `['bash', '--rcfile', …]`. */
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Text that every prompt ends with and nothing else prints. */
  readonly prompt: string
  readonly columns?: number
  readonly rows?: number
}

/** What programs ask a terminal, and what an xterm answers. They wait for it, so every request gets its reply. */
const QUERIES: readonly (readonly [RegExp, string])[] = [
  // eslint-disable-next-line no-control-regex
  [/\x1b\[0?c/g, '\x1b[?62;22c'],
  // eslint-disable-next-line no-control-regex
  [/\x1b\[6n/g, '\x1b[1;1R'],
  // eslint-disable-next-line no-control-regex
  [/\x1b\[\?u/g, '\x1b[?0u'],
]
const QUERY_BYTES_MAX = 8

/**
 * A shell in a pseudo-terminal, driven as a person would: type, wait for the prompt, read the screen. Every wait has a
 * deadline and fails with the transcript. Disposing it kills the shell and what it started.
 */
export class PtyShell implements AsyncDisposable {
  readonly #pty: IPty
  readonly #prompt: string
  #transcript = ''
  /** Up to where prompts were counted as seen. */
  #seen = 0
  #unscanned = ''
  #exit: { readonly exitCode: number; readonly signal: number } | null = null

  private constructor(pty: IPty, prompt: string) {
    this.#pty = pty
    this.#prompt = prompt
    pty.onData((data) => this.#take(data))
    pty.onExit(({ exitCode, signal }) => {
      this.#exit = { exitCode, signal: signal ?? 0 }
    })
  }

  /** Starts the shell and resolves at its first prompt. */
  static async start({ command, env, cwd, prompt, columns = 200, rows = 50 }: PtyShellOptions): Promise<PtyShell> {
    const [program, ...args] = command
    const pty = spawn(program, args, {
      name: env['TERM'] ?? 'xterm-256color',
      cols: columns,
      rows,
      cwd,
      env: { ...env },
    })
    await using opening = new AsyncDisposableStack()
    const shell = opening.use(new PtyShell(pty, prompt))
    await shell.waitForPrompt()
    opening.move()
    return shell
  }

  get pid(): number {
    return this.#pty.pid
  }

  /** Everything the terminal has shown, control sequences included. */
  get transcript(): string {
    return this.#transcript
  }

  /** How the shell ended; null while it lives. */
  get exit(): { readonly exitCode: number; readonly signal: number } | null {
    return this.#exit
  }

  /** Keys as they are: no Enter is added and nothing is waited for. */
  type(keys: string | Uint8Array): void {
    this.#pty.write(typeof keys === 'string' ? keys : Buffer.from(keys))
  }

  /** A line and Enter, then the next prompt. Returns what was shown in between, the echo of the line included. */
  async line(text: string | Uint8Array): Promise<string> {
    const from = this.#transcript.length
    this.type(text)
    this.type('\r')
    await this.waitForPrompt()
    return this.#transcript.slice(from)
  }

  /** A bracketed paste, as terminals send it, without the Enter that runs it. */
  paste(text: string): void {
    this.type(`\x1b[200~${text}\x1b[201~`)
  }

  /** Waits for a prompt that was not waited for before. */
  async waitForPrompt(): Promise<void> {
    const at = await this.#find('a prompt', () => {
      const index = this.#transcript.indexOf(this.#prompt, this.#seen)
      return index < 0 ? null : { end: index + this.#prompt.length }
    })
    this.#seen = at.end
  }

  /** Waits until the terminal shows `text` after what was waited for before, and counts that as seen. */
  async waitForText(text: string): Promise<void> {
    const at = await this.#find(JSON.stringify(text), () => {
      const index = this.#transcript.indexOf(text, this.#seen)
      return index < 0 ? null : { end: index + text.length }
    })
    this.#seen = at.end
  }

  /** Waits for the end of the shell. */
  async waitForExit(): Promise<{ readonly exitCode: number; readonly signal: number }> {
    return until('the shell to end', () => this.#exit, { detail: () => this.#transcript })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit !== null) return
    this.#pty.kill('SIGKILL')
    await this.waitForExit()
  }

  async #find<Found>(what: string, find: () => Found | null): Promise<NonNullable<Found>> {
    return until(
      what,
      () => {
        const found = find()
        if (found === null && this.#exit !== null) {
          throw new Error(`the shell ended (${JSON.stringify(this.#exit)}) before ${what}\n${this.#transcript}`)
        }
        return found
      },
      { detail: () => this.#transcript },
    )
  }

  #take(data: string): void {
    this.#transcript += data
    this.#unscanned += data
    let answered = 0
    for (const [query, reply] of QUERIES) {
      for (const match of this.#unscanned.matchAll(query)) {
        this.#pty.write(reply)
        answered = Math.max(answered, match.index + match[0].length)
      }
    }
    this.#unscanned = this.#unscanned.slice(Math.max(answered, this.#unscanned.length - QUERY_BYTES_MAX))
  }
}
