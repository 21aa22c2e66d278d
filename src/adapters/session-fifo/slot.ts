import { closeSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { ALIAS_FILE_BYTES_MAX, COMMAND_BYTES_MAX, SESSION_FILE_BYTES_MAX } from '../../core/limits.ts'
import { HookFrameDecoder } from '../../wire/hook/frame.ts'
import type { HookFrame, HookFrameFault } from '../../wire/hook/frame.ts'
import { parsePid } from '../../wire/hook/message.ts'
import { openFifo, readPlainFile, removeSlotFolder, replacePlainFile, writePlainFile } from './slot-folder.ts'
import type { BoundedRead } from './slot-folder.ts'

/** What a slot tells its owner. `lost`: the pair can no longer be read. */
export type SlotEvents = {
  readonly onFrame: (slot: Slot, frame: HookFrame) => void
  readonly onFault: (slot: Slot, fault: HookFrameFault | 'lost') => void
}

/**
 * All slots read into this one buffer: libuv asks for it, reads and calls back without anything in between, and the
 * decoder copies what must outlive the call. A buffer for each session would cost 64 KiB of memory a shell.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536)

/**
 * One served pair of FIFOs (docs/format/hook.md). The request side hangs on the event loop as a socket; a plain read
 * stream would park a thread of the pool for as long as the shell lives, and four of those stop all file work.
 */
export class Slot {
  readonly name: string
  #dir: string
  readonly #socket: Socket
  readonly #replyFd: number
  readonly #decoder = new HookFrameDecoder()
  readonly #onFrame: (frame: HookFrame) => void
  readonly #events: SlotEvents
  #open = true
  readonly #byte = Buffer.alloc(1)

  private constructor(name: string, dir: string, requestFd: number, replyFd: number, events: SlotEvents) {
    this.name = name
    this.#dir = dir
    this.#replyFd = replyFd
    this.#events = events
    this.#onFrame = (frame) => {
      if (this.#open) events.onFrame(this, frame)
    }
    this.#socket = new Socket({
      fd: requestFd,
      readable: true,
      writable: false,
      onread: {
        buffer: READ_BUFFER,
        callback: (count) => {
          this.#take(count)
          return true
        },
      },
    })
    this.#socket.on('error', () => this.#lose())
    this.#socket.on('close', () => this.#lose())
  }

  /** Serves the FIFOs in `dir`; null when they are not FIFOs of this user. */
  static open(name: string, dir: string, events: SlotEvents): Slot | null {
    const requestFd = openFifo(join(dir, 'req'))
    if (requestFd === null) return null
    const replyFd = openFifo(join(dir, 'rep'))
    if (replyFd !== null) return new Slot(name, dir, requestFd, replyFd, events)
    closeSync(requestFd)
    return null
  }

  get dir(): string {
    return this.#dir
  }

  /** After the folder was renamed. The FIFOs stay open across that. */
  moveTo(dir: string): void {
    this.#dir = dir
  }

  /** Sends one byte; false when the shell reads nothing any more and its FIFO is full. Never waits. */
  answer(byte: number): boolean {
    if (!this.#open) return false
    this.#byte[0] = byte
    try {
      return writeSync(this.#replyFd, this.#byte) === 1
    } catch {
      return false
    }
  }

  /** The pid that the shell wrote when it claimed the slot; null while nobody has. */
  claimedBy(): number | null {
    const claim = readPlainFile(join(this.#dir, 'claimed'), SESSION_FILE_BYTES_MAX)
    return claim === null ? null : parsePid(claim.bytes.toString('latin1').trimEnd())
  }

  /** The text of an `S` frame; null when there is none. */
  readCommand(): BoundedRead | null {
    const read = readPlainFile(join(this.#dir, 'cmd'), COMMAND_BYTES_MAX)
    // Written over without being truncated: what follows the NUL is left from a longer text.
    const end = read?.bytes.indexOf(0) ?? -1
    return read === null || end < 0 ? read : { bytes: read.bytes.subarray(0, end), truncatedBytes: 0 }
  }

  /** What the shell wrote about its aliases, as far as it is read; empty when there is no such file. */
  readAliases(): Uint8Array {
    return readPlainFile(join(this.#dir, 'aliases'), ALIAS_FILE_BYTES_MAX)?.bytes ?? new Uint8Array()
  }

  /** The explanation; it must be complete before the answer is sent. */
  writeExplanation(text: string): boolean {
    return writePlainFile(join(this.#dir, 'why'), text)
  }

  /** What a later daemon must know of the session; opaque here. */
  saveSession(text: string): Promise<boolean> {
    return replacePlainFile(join(this.#dir, 'session'), text)
  }

  loadSession(): string | null {
    return readPlainFile(join(this.#dir, 'session'), SESSION_FILE_BYTES_MAX)?.bytes.toString('utf8') ?? null
  }

  /** Stops serving and leaves the folder to the next daemon. */
  release(): void {
    if (!this.#open) return
    this.#open = false
    this.#socket.destroy()
    closeSync(this.#replyFd)
  }

  /** Stops serving and removes the folder: the shell finds no `req` and claims another slot. */
  async remove(): Promise<void> {
    this.release()
    await removeSlotFolder(this.#dir)
  }

  #take(count: number): void {
    if (!this.#open) return
    const fault = this.#decoder.push(READ_BUFFER.subarray(0, count), this.#onFrame)
    if (fault !== null && this.#open) this.#events.onFault(this, fault)
  }

  #lose(): void {
    if (this.#open) this.#events.onFault(this, 'lost')
  }
}
