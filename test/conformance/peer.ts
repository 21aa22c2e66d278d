import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'

/**
 * The other end of `docs/format/hook.md`, written from that document alone: in the daemon's place it serves real FIFOs, keeps
 * every frame it gets, and answers as a test wants it to: late, wrongly, with garbage or too much.
 */

export type PeerFrame = {
  readonly type: string
  readonly digit: number
  readonly cwd: string
  readonly text: string
  readonly extra: string
}

/** A line that a shell asks about. */
export type Asked = {
  readonly slot: PeerSlot
  readonly digit: number
  readonly n: number
  readonly form: string
  readonly line: string
}

export type Behaviour = (asked: Asked) => void

const SLOTS = 40
const LETTERS = { run: 'abcdefghij', warn: 'klmnopqrst', refuse: 'ABCDEFGHIJ', confirm: 'KLMNOPQRST' } as const

export class Peer implements Disposable {
  /** What it does when it is asked. */
  behaviour: Behaviour = honest
  /** Every frame so far, of all shells, in the order in which they came. */
  readonly frames: PeerFrame[] = []
  /** Bytes that are no frame. */
  readonly faults: string[] = []
  readonly #runtimeDir: string
  readonly #slots: readonly PeerSlot[]
  #generation = 0

  constructor(runtimeDir: string) {
    this.#runtimeDir = runtimeDir
    mkdirSync(join(runtimeDir, 's'), { recursive: true, mode: 0o700 })
    const dirs = Array.from({ length: SLOTS }, (_, at) => join(runtimeDir, 's', at.toString(16).padStart(16, '0')))
    for (const dir of dirs) mkdirSync(dir, { mode: 0o700 })
    execFileSync('/usr/bin/mkfifo', ['-m', '600', ...dirs.flatMap((dir) => [join(dir, 'req'), join(dir, 'rep')])])
    this.#slots = dirs.map((dir) => new PeerSlot(dir, this))
    this.announce()
  }

  /** Serves: `ready` names this process, as one daemon more. */
  announce(): void {
    this.#generation += 1
    this.ready(`${process.pid} ${this.#generation}\n`)
  }

  /** `ready` with any text. */
  ready(text: string): void {
    const file = join(this.#runtimeDir, 'ready')
    rmSync(file, { force: true, recursive: true })
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  /** Frames of this type. */
  of(type: string): readonly PeerFrame[] {
    return this.frames.filter((frame) => frame.type === type)
  }

  /** Lets every shell know that it is back. */
  speak(): void {
    for (const slot of this.claimed()) slot.send('a')
  }

  /** The slots that shells have taken. */
  claimed(): readonly PeerSlot[] {
    return this.#slots.filter(({ dir }) => existsSync(join(dir, 'claimed')))
  }

  [Symbol.dispose](): void {
    rmSync(join(this.#runtimeDir, 'ready'), { force: true, recursive: true })
    for (const slot of this.#slots) slot.close()
  }
}

/** One pair of FIFOs. */
export class PeerSlot {
  readonly dir: string
  readonly #reply: number
  readonly #socket: Socket
  #bytes = Buffer.alloc(0)

  constructor(dir: string, peer: Peer) {
    this.dir = dir
    const flags = constants.O_RDWR | constants.O_NONBLOCK
    this.#reply = openSync(join(dir, 'rep'), flags)
    this.#socket = new Socket({ fd: openSync(join(dir, 'req'), flags), readable: true, writable: false })
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk, peer))
    this.#socket.on('error', () => undefined)
  }

  /** Bytes into the answer FIFO, as far as there is room. */
  send(bytes: string | Buffer): void {
    try {
      writeSync(this.#reply, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    } catch {
      // Full: nobody reads it.
    }
  }

  /** More bytes than anybody reads in one go; a full FIFO would keep every later answer out. */
  flood(letter: string): void {
    const block = Buffer.alloc(4_096, letter)
    for (let blocks = 0; blocks < 2; blocks += 1) this.send(block)
  }

  /** The explanation of the next answer. */
  explain(text: string): void {
    rmSync(join(this.dir, 'why'), { force: true, recursive: true })
    writeFileSync(join(this.dir, 'why'), text, { mode: 0o600 })
  }

  close(): void {
    this.#socket.destroy()
    closeSync(this.#reply)
  }

  #take(chunk: Buffer, peer: Peer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    for (;;) {
      const ends: number[] = []
      for (let at = this.#bytes.indexOf(0); at >= 0 && ends.length < 4; at = this.#bytes.indexOf(0, at + 1))
        ends.push(at)
      const [header, cwd, text, extra] = ends
      if (header === undefined || cwd === undefined || text === undefined || extra === undefined) return
      const field = (from: number, to: number): string => this.#bytes.toString('utf8', from, to)
      const head = field(0, header)
      const frame: PeerFrame = {
        type: head.slice(1, 2),
        digit: Number(head.slice(2)),
        cwd: field(header + 1, cwd),
        text: field(cwd + 1, text),
        extra: field(text + 1, extra),
      }
      this.#bytes = this.#bytes.subarray(extra + 1)
      if (!/^1[HQSERUKPX][0-9]$/.test(head)) {
        peer.faults.push(head)
        return
      }
      peer.frames.push(frame)
      if (frame.type === 'Q' || frame.type === 'S') this.#ask(frame, peer)
    }
  }

  #ask(frame: PeerFrame, peer: Peer): void {
    const [, n = '', form = ''] = /^(\d+) ([a-z])( \d+)?$/.exec(frame.extra) ?? []
    if (n === '') {
      peer.faults.push(frame.extra)
      return
    }
    const text = frame.type === 'S' ? (readFileSync(join(this.dir, 'cmd'), 'utf8').split('\0')[0] ?? '') : frame.text
    const asked: Asked = { slot: this, digit: frame.digit, n: Number(n), form, line: form === 'h' ? typed(text) : text }
    if (form === 'c') answer(asked, 'refuse')
    else peer.behaviour(asked)
  }
}

/** What was typed, from the form `h`: `BASH_COMMAND`, a newline, and what `history 1` printed. */
function typed(text: string): string {
  const history = text.slice(text.indexOf('\n') + 1)
  return (/^\s*\d+[* ]\s?([^]*)$/.exec(history)?.[1] ?? history).replace(/\n$/, '')
}

export function answer({ slot, digit }: Asked, verdict: keyof typeof LETTERS): void {
  slot.send(LETTERS[verdict][digit] ?? '')
}

/** Judges as the policy of the cases does. */
export function honest(asked: Asked): void {
  const verdict = asked.line.includes('DENYME') ? 'refuse' : asked.line.includes('WARNME') ? 'warn' : 'run'
  if (verdict === 'refuse') asked.slot.explain('cmdaid: denied: The case says no.\n')
  if (verdict === 'warn') asked.slot.explain('cmdaid: warning: The case warns.\n')
  answer(asked, verdict)
}

/** The letter of a verdict, for another ask than this one. */
export function wrongDigit(asked: Asked): void {
  answer({ ...asked, digit: (asked.digit + 1 + (asked.n % 9)) % 10 }, 'refuse')
}
