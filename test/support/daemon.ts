import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { PROJECT_DIR } from './home.ts'
import type { TemporaryHome } from './home.ts'
import { until } from './until.ts'

/** A real daemon on a temporary home. Disposing it stops it, whatever state it is in. */
export class TestDaemon implements AsyncDisposable {
  readonly #home: TemporaryHome
  #child: ChildProcess | null = null
  #output = ''

  private constructor(home: TemporaryHome) {
    this.#home = home
  }

  /** Starts one and resolves once it serves. */
  static async start(home: TemporaryHome): Promise<TestDaemon> {
    await using stack = new AsyncDisposableStack()
    const daemon = stack.use(TestDaemon.absent(home))
    await daemon.start()
    stack.move()
    return daemon
  }

  /** One that is not running yet. */
  static absent(home: TemporaryHome): TestDaemon {
    return new TestDaemon(home)
  }

  /** Of the process that runs now. */
  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the daemon does not run')
    return pid
  }

  /** What it has printed since the first start. */
  get output(): string {
    return this.#output
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(PROJECT_DIR, 'src/main.ts'), 'daemon'], {
      cwd: this.#home.dir,
      env: this.#home.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let ready = false
    child.stdout.on('data', (bytes: Buffer) => {
      this.#output += bytes.toString()
      ready ||= bytes.includes('cmdaid daemon ready')
    })
    child.stderr.on('data', (bytes: Buffer) => {
      this.#output += bytes.toString()
    })
    await until('the daemon to serve', () => ready || child.exitCode !== null, { detail: () => this.#output })
    if (!ready) throw new Error(`the daemon did not start:\n${this.#output}`)
  }

  /** SIGTERM, and waits for the end. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** SIGKILL, and waits for the end: the daemon cannot tidy up. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Waits for an end that nobody asked for; its exit status, or null after a signal. */
  async ended(): Promise<number | null> {
    const child = this.#child
    if (child === null) return null
    await until('the daemon to end', () => child.exitCode !== null || child.signalCode !== null, {
      detail: () => this.#output,
    })
    this.#child = null
    return child.exitCode
  }

  /** SIGSTOP: the process lives and answers nothing. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  /** SIGCONT. */
  thaw(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    this.thaw()
    await this.stop()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === null) return
    child.kill(signal)
    await until(`the daemon to end after ${signal}`, () => child.exitCode !== null || child.signalCode !== null, {
      detail: () => this.#output,
    })
    this.#child = null
  }
}
