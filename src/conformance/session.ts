import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Terminal } from '../adapters/pty/terminal.ts'
import type { TerminalOptions } from '../adapters/pty/terminal.ts'
import { CONFORMANCE_SAID_WAIT_MS } from '../core/limits.ts'
import type { Step } from './case.ts'
import type { Dialect } from './dialect.ts'

/** What `say` has written: a line is there if and only if its command ran. */
export class SayLog {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  read(): readonly string[] {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8').split('\n').slice(0, -1) : []
  }

  /** Emptied in place: a shell may hold the file open. */
  clear(): void {
    writeFileSync(this.path, '', { mode: 0o600 })
  }
}

/** Milliseconds without output after which an editor is taken to wait for a key. */
const QUIET_MS = 20
/** The same for one that has something to do first. */
const PAUSE_MS = 150

/** A shell under test: does the steps of cases as a person would, each at its prompt. */
export class ShellSession implements AsyncDisposable {
  readonly #terminal: Terminal
  readonly #log: SayLog
  readonly #dialect: Dialect
  #prompts = 0
  /** Up to where prompts, and texts that were waited for, have been seen. */
  #seen = 0

  private constructor(terminal: Terminal, dialect: Dialect, log: SayLog) {
    this.#terminal = terminal
    this.#dialect = dialect
    this.#log = log
  }

  /** Starts a shell. It is at no prompt yet. */
  static async open(options: TerminalOptions, dialect: Dialect, log: SayLog): Promise<ShellSession> {
    return new ShellSession(await Terminal.open(options), dialect, log)
  }

  get terminal(): Terminal {
    return this.#terminal
  }

  async line(text: string): Promise<void> {
    this.#terminal.type(`${text}\r`)
    await this.prompt()
  }

  /** Waits for a prompt that was not waited for before. */
  prompt(): Promise<void> {
    this.#prompts += 1
    return this.#see('a prompt', this.#dialect.prompt(this.#prompts))
  }

  async step(step: Step): Promise<void> {
    if (typeof step === 'string') return this.line(step)
    if ('see' in step) {
      await this.#see(JSON.stringify(step.see), step.see)
      // An editor that is still drawing what was typed may take Ctrl-C for the next key only.
      return this.#terminal.waitForQuiet(QUIET_MS)
    }
    if ('pause' in step) return this.#terminal.waitForQuiet(PAUSE_MS)
    if ('said' in step) return this.#said(step.said)
    if ('end' in step) {
      this.#terminal.type(`${step.end}\r`)
      await this.#terminal.waitForExit()
      return
    }
    this.#terminal.type('paste' in step ? `\x1b[200~${step.paste}\x1b[201~\r` : step.keys)
    for (let left = step.prompts ?? 0; left > 0; left -= 1) await this.prompt()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#terminal[Symbol.asyncDispose]()
  }

  async #see(what: string, text: string): Promise<void> {
    this.#seen = await this.#terminal.waitFor(what, (shown) => {
      const at = shown.indexOf(text, this.#seen)
      return at < 0 ? null : at + text.length
    })
  }

  /** Nobody tells when a file grows, so it is looked at now and then. */
  async #said(text: string): Promise<void> {
    const end = Date.now() + CONFORMANCE_SAID_WAIT_MS
    while (!this.#log.read().includes(text)) {
      if (Date.now() > end) throw new Error(`waited ${CONFORMANCE_SAID_WAIT_MS} ms in vain for ${text} to be said`)
      await this.#terminal.waitForQuiet(5, 5)
    }
  }
}
