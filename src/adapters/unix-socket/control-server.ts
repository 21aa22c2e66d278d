import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { CmdaidError } from '../../core/errors.ts'
import {
  CONTROL_BACKLOG,
  CONTROL_CONNECTIONS_MAX,
  CONTROL_IDLE_MS,
  CONTROL_REQUEST_BYTES_MAX,
} from '../../core/limits.ts'
import { ControlDecoder, encodeControlMessage } from '../../wire/control/frame.ts'
import type { ControlFault } from '../../wire/control/frame.ts'
import { parseControlRequest } from '../../wire/control/request.ts'
import type { ControlRequest } from '../../wire/control/request.ts'
import { errorMessage, protocolError } from '../../wire/control/response.ts'

export type ControlHandler = (request: ControlRequest) => Promise<Readonly<Record<string, unknown>>>

export type ControlServerOptions = {
  readonly path: string
  /** Gives the whole answer message. What it throws is answered as an error. */
  readonly handle: ControlHandler
  readonly onError: (error: unknown) => void
  readonly connectionsMax?: number
  readonly idleMs?: number
}

const BUSY = encodeControlMessage(
  errorMessage(
    new CmdaidError('CMDAID_ERR_CONTROL_BUSY', 'too many programs talk to the daemon at once', { hint: 'try again' }),
  ),
)

/**
 * The control socket (0600 in a 0700 directory). Requests of one connection are answered in order. A connection too many
 * is told so and closed; accepting is the only work that a flood can make us do.
 */
export class ControlServer {
  readonly #options: ControlServerOptions
  readonly #server: Server
  readonly #connections = new Set<Socket>()
  #refused = 0

  private constructor(options: ControlServerOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#accept(socket))
    this.#server.on('error', options.onError)
  }

  /** The caller holds the instance lock: a socket that is there already belongs to nobody. */
  static async open(options: ControlServerOptions): Promise<ControlServer> {
    const { path } = options
    const control = new ControlServer(options)
    try {
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path)
      await new Promise<void>((resolve, reject) => {
        control.#server.once('error', reject)
        control.#server.listen({ path, backlog: CONTROL_BACKLOG }, () => {
          control.#server.off('error', reject)
          resolve()
        })
      })
      chmodSync(path, 0o600)
    } catch (cause) {
      control.#server.close()
      throw new CmdaidError('CMDAID_ERR_SOCKET', `cannot listen on ${path}`, {
        cause,
        hint: 'check the directory, and that the path is shorter than 100 bytes',
      })
    }
    return control
  }

  get #idleMs(): number {
    return this.#options.idleMs ?? CONTROL_IDLE_MS
  }

  get connections(): number {
    return this.#connections.size
  }

  get refused(): number {
    return this.#refused
  }

  /** Takes no more connections, lets answers that are under way go out, then closes what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    for (const socket of this.#connections) socket.end(() => socket.destroy())
    const late = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy()
    }, 200)
    await closed
    clearTimeout(late)
  }

  #accept(socket: Socket): void {
    // A client may go away at any time; that is its business.
    socket.on('error', () => socket.destroy())
    if (this.#connections.size >= (this.#options.connectionsMax ?? CONTROL_CONNECTIONS_MAX)) {
      this.#refused += 1
      socket.end(BUSY, () => socket.destroy())
      return
    }
    this.#connections.add(socket)
    socket.on('close', () => this.#connections.delete(socket))
    socket.setTimeout(this.#idleMs, () => socket.destroy())
    const decoder = new ControlDecoder(CONTROL_REQUEST_BYTES_MAX)
    let answered = Promise.resolve()
    socket.on('data', (chunk) => {
      const messages: unknown[] = []
      const fault = decoder.push(Buffer.from(chunk), (message) => messages.push(message))
      if (messages.length === 0 && fault === null) return
      // Nothing more is read until these are answered: one connection cannot queue work.
      socket.pause()
      answered = answered.then(() => this.#answerAll(socket, messages, fault))
      answered.catch(this.#options.onError)
    })
  }

  async #answerAll(socket: Socket, messages: readonly unknown[], fault: ControlFault | null): Promise<void> {
    // It is silent because we are.
    socket.setTimeout(0)
    try {
      for (const message of messages) {
        const answer = encodeControlMessage(await this.#answer(message))
        if (socket.writable) socket.write(answer)
      }
    } finally {
      socket.setTimeout(this.#idleMs)
    }
    if (fault === null) socket.resume()
    else
      socket.end(encodeControlMessage(errorMessage(protocolError(`the message is ${fault}`))), () => socket.destroy())
  }

  async #answer(message: unknown): Promise<Readonly<Record<string, unknown>>> {
    const parsed = parseControlRequest(message)
    if (!parsed.ok) {
      return errorMessage(
        protocolError(
          parsed.error === 'version' ? 'the request is of another version' : 'the request has no known form',
        ),
      )
    }
    try {
      return await this.#options.handle(parsed.value)
    } catch (error) {
      if (error instanceof CmdaidError) return errorMessage(error)
      this.#options.onError(error)
      return errorMessage(new CmdaidError('CMDAID_ERR_INTERNAL', `cannot answer ${parsed.value.request}`))
    }
  }
}
