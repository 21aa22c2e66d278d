import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/until.ts'

const { O_NONBLOCK, O_RDWR } = constants

export type RawShellOptions = {
  readonly pid?: number
  readonly hello?: string | null
}

/** A client of the hook protocol that can also do what no hook would: the other end of `docs/format/hook.md`, byte by byte. */
export class RawShell implements Disposable {
  readonly slotDir: string
  readonly #request: number
  readonly #reply: number
  #seq = 0

  private constructor(slotDir: string) {
    this.slotDir = slotDir
    this.#request = openSync(join(slotDir, 'req'), O_RDWR | O_NONBLOCK)
    this.#reply = openSync(join(slotDir, 'rep'), O_RDWR | O_NONBLOCK)
  }

  /** Claims a free slot and says hello (unless `hello` is null). */
  static join(runtimeDir: string, { pid = process.pid, hello = helloText(pid) }: RawShellOptions = {}): RawShell {
    const shell = new RawShell(claimSlot(runtimeDir, pid))
    if (hello !== null) shell.send('1H0', hello, '0')
    return shell
  }

  /** The number of the last ask. */
  get seq(): number {
    return this.#seq
  }

  /** Asks under the next number and waits for the answer byte. */
  async ask(text: string | Buffer, { form = 'p', cwd = '/tmp' } = {}): Promise<string> {
    this.#seq += 1
    this.send(`1Q${this.#seq % 10}`, text, `${this.#seq} ${form}`, cwd)
    return this.answer()
  }

  /** The same with the text in the session's `cmd` file. */
  async askByFile(text: string | Buffer): Promise<string> {
    writeFileSync(join(this.slotDir, 'cmd'), text, { mode: 0o600 })
    this.#seq += 1
    this.send(`1S${this.#seq % 10}`, '', `${this.#seq} p`)
    return this.answer()
  }

  /** The line under the last number has ended. */
  finish(status = 0, pipeStatuses: readonly number[] = [status]): void {
    this.send(`1E${this.#seq % 10}`, [status, ...pipeStatuses].join(' '), String(this.#seq))
  }

  /** Skips numbers, as a shell does that could not ask. */
  skip(count: number): void {
    this.#seq += count
  }

  send(header: string, text: string | Buffer, extra: string, cwd = '/tmp'): void {
    this.write(Buffer.concat([Buffer.from(`${header}\0${cwd}\0`), Buffer.from(text), Buffer.from(`\0${extra}\0`)]))
  }

  /** Raw bytes into the request FIFO; false when it is full. */
  write(bytes: Buffer): boolean {
    try {
      return writeSync(this.#request, bytes) === bytes.length
    } catch {
      return false
    }
  }

  /** The next answer byte. */
  answer(): Promise<string> {
    return until('an answer byte', () => this.pending())
  }

  /** An answer byte if one is there, else null. */
  pending(): string | null {
    const byte = Buffer.alloc(1)
    try {
      return readSync(this.#reply, byte, 0, 1, null) === 1 ? byte.toString('latin1') : null
    } catch {
      return null
    }
  }

  /** Fills the reply FIFO, as if nobody had read answers for long. */
  fillReplies(): void {
    const bytes = Buffer.alloc(4_096, 0x61)
    for (;;) {
      try {
        writeSync(this.#reply, bytes)
      } catch {
        break
      }
    }
    for (;;) {
      try {
        writeSync(this.#reply, bytes.subarray(0, 1))
      } catch {
        return
      }
    }
  }

  why(): string {
    return readFileSync(join(this.slotDir, 'why'), 'utf8')
  }

  /** The daemon has removed the slot. */
  get gone(): boolean {
    return !existsSync(join(this.slotDir, 'req'))
  }

  [Symbol.dispose](): void {
    closeSync(this.#request)
    closeSync(this.#reply)
  }
}

export function helloText(pid: number, more: readonly string[] = []): string {
  return [
    'shell=bash',
    'version=5.2.15',
    `pid=${pid}`,
    'ppid=1',
    'tty=/dev/pts/9',
    'interactive=1',
    'login=0',
    'options=himBHs',
    'markers=',
    'hook=1',
    ...more,
  ].join('\n')
}

function claimSlot(runtimeDir: string, pid: number): string {
  const dir = join(runtimeDir, 's')
  for (const name of readdirSync(dir)) {
    if (name.startsWith('.')) continue
    try {
      writeFileSync(join(dir, name, 'claimed'), `${pid}\n`, { flag: 'wx', mode: 0o600 })
      return join(dir, name)
    } catch {
      // Somebody else's.
    }
  }
  throw new Error(`no free slot in ${dir}`)
}
