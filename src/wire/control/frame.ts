import { Packr } from 'msgpackr/pack'
import { fail, ok } from '../../core/result.ts'
import type { Result } from '../../core/result.ts'
import { isPlainMessagePack } from './plain-messagepack.ts'

export type ControlFault = 'oversize' | 'malformed'

const LENGTH_BYTES = 4
const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true, int64AsType: 'number' })

/** A value of plain data as one message: its length (u32, big-endian), then MessagePack. */
export function encodeControlMessage(value: unknown): Buffer {
  const body = packr.pack(value)
  const message = Buffer.allocUnsafe(LENGTH_BYTES + body.length)
  message.writeUInt32BE(body.length)
  body.copy(message, LENGTH_BYTES)
  return message
}

/** One message body → plain data; refuses extensions, excessive depth and anything behind the value. */
export function decodeControlBody(body: Uint8Array): Result<unknown, 'malformed'> {
  if (!isPlainMessagePack(body)) return fail('malformed')
  try {
    return ok(packr.unpack(body))
  } catch {
    return fail('malformed')
  }
}

/** Cuts a stream into messages of at most `bytesMax`; holds no more than one of them. Dead after a fault. */
export class ControlDecoder {
  readonly #bytesMax: number
  #parts: Buffer[] = []
  #bytes = 0
  #fault: ControlFault | null = null

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  push(chunk: Uint8Array, onMessage: (value: unknown) => void): ControlFault | null {
    if (this.#fault !== null) return this.#fault
    this.#parts.push(Buffer.from(chunk))
    this.#bytes += chunk.length
    while (this.#fault === null) {
      const length = this.#announced()
      if (length === null) break
      if (length > this.#bytesMax) {
        this.#fault = 'oversize'
      } else if (this.#bytes < LENGTH_BYTES + length) {
        break
      } else {
        const decoded = decodeControlBody(this.#take(LENGTH_BYTES + length).subarray(LENGTH_BYTES))
        if (decoded.ok) onMessage(decoded.value)
        else this.#fault = decoded.error
      }
    }
    if (this.#fault !== null) this.#parts = []
    return this.#fault
  }

  /** The length that the next message announces; null until its four bytes are here. */
  #announced(): number | null {
    if (this.#bytes < LENGTH_BYTES) return null
    if ((this.#parts[0]?.length ?? 0) < LENGTH_BYTES) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0]?.readUInt32BE() ?? null
  }

  #take(count: number): Buffer {
    const all = this.#parts.length === 1 && this.#parts[0] !== undefined ? this.#parts[0] : Buffer.concat(this.#parts)
    this.#parts = all.length > count ? [all.subarray(count)] : []
    this.#bytes -= count
    return all.subarray(0, count)
  }
}
