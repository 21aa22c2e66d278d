import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { CONFORMANCE_DAEMON_WAIT_MS } from '../core/limits.ts'
import type { ControlledDaemon } from './daemon-cases.ts'
import type { PrivateHome } from './private-home.ts'

/** A daemon for the cases alone, on a private home. Disposing it kills it, whatever state it is in. */
export class PrivateDaemon implements ControlledDaemon, AsyncDisposable {
  readonly #program: string
  readonly #home: PrivateHome
  #child: ChildProcess | null = null

  /** @param program - the file that Node runs as `cmdaid` */
  constructor(program: string, home: PrivateHome) {
    this.#program = program
    this.#home = home
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [this.#program, 'daemon'], {
      cwd: this.#home.dir,
      env: this.#home.daemonEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let said = ''
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString()
    })
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the daemon does not start: ${said}`)),
        CONFORMANCE_DAEMON_WAIT_MS,
      )
      child.stdout.on('data', (bytes: Buffer) => {
        said += bytes.toString()
        if (!said.includes('cmdaid daemon ready')) return
        clearTimeout(timer)
        resolve()
      })
      child.once('exit', () => {
        clearTimeout(timer)
        reject(new Error(`the daemon ended: ${said}`))
      })
    })
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}
