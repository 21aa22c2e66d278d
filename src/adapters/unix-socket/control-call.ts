import { connect } from 'node:net'
import { CmdaidError } from '../../core/errors.ts'
import { CONTROL_RESPONSE_BYTES_MAX } from '../../core/limits.ts'
import { ControlDecoder, encodeControlMessage } from '../../wire/control/frame.ts'
import { controlRequestMessage } from '../../wire/control/request.ts'
import type { ControlRequest } from '../../wire/control/request.ts'
import { parseControlResponse, protocolError } from '../../wire/control/response.ts'
import type { ControlValues } from '../../wire/control/response.ts'

export type ControlCallOptions = {
  readonly signal?: AbortSignal
  /** From connect to the whole answer (milliseconds). */
  readonly timeoutMs: number
}

/**
 * Asks the daemon one thing over its control socket. Rejects with `CmdaidError`: `…_DAEMON_NOT_RUNNING` when nobody
 * listens, `…_CONTROL_TIMEOUT`, `…_CONTROL_PROTOCOL`, or the error that the daemon answered with.
 */
export async function controlCall<Request extends ControlRequest>(
  socketPath: string,
  request: Request,
  { signal, timeoutMs }: ControlCallOptions,
): Promise<ControlValues[Request['request']]> {
  const name: Request['request'] = request.request
  const message = await exchange(socketPath, encodeControlMessage(controlRequestMessage(request)), {
    signal,
    timeoutMs,
  })
  const response = parseControlResponse(name, message)
  if (!response.ok) throw response.error
  return response.value
}

async function exchange(
  path: string,
  request: Buffer,
  { signal, timeoutMs }: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
): Promise<unknown> {
  const socket = connect(path)
  const decoder = new ControlDecoder(CONTROL_RESPONSE_BYTES_MAX)
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new CmdaidError('CMDAID_ERR_CONTROL_TIMEOUT', `no answer from the daemon on ${path} in ${timeoutMs} ms`, {
            hint: 'restart the daemon if this stays',
          }),
        )
      }, timeoutMs)
      const abort = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
      if (signal?.aborted === true) abort()
      signal?.addEventListener('abort', abort, { once: true })
      socket.on('connect', () => socket.write(request))
      socket.on('error', (cause) => reject(connectionError(path, cause)))
      socket.on('data', (chunk) => {
        const fault = decoder.push(Buffer.from(chunk), resolve)
        if (fault !== null) reject(protocolError(`the answer is ${fault}`))
      })
      socket.on('close', () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        // Has no effect once the answer is here.
        reject(protocolError('the daemon closed the connection without an answer'))
      })
    })
  } finally {
    socket.destroy()
  }
}

function connectionError(path: string, cause: Error): CmdaidError {
  const code = 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new CmdaidError('CMDAID_ERR_DAEMON_NOT_RUNNING', `no daemon serves ${path}`, {
      cause,
      hint: 'start it: `cmdaid daemon`, or your service manager',
    })
  }
  return new CmdaidError('CMDAID_ERR_CONTROL_PROTOCOL', `the connection to ${path} broke`, { cause })
}
