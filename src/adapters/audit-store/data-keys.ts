import { createSecretKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { CmdaidError } from '../../core/errors.ts'
import { createDurably } from './durable-file.ts'
import type { FileOperations } from './file-operations.ts'
import { isMissing } from './io-error.ts'

const DATA_KEY_BYTES = 32
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/** The keys that seal openings, one a month (`yyyymm`), each read once. Destroying one erases that month's values. */
export class DataKeys {
  readonly #dir: string
  readonly #keys = new Map<string, KeyObject | null>()

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Null when there is no such key. */
  get(month: string): KeyObject | null {
    let key = this.#keys.get(month)
    if (key === undefined) {
      key = readKey(this.#path(month))
      this.#keys.set(month, key)
    }
    return key
  }

  /** Durable before anything is sealed with it: what a key has sealed must not outlive it by a power cut. */
  async create(files: FileOperations, month: string): Promise<KeyObject> {
    const bytes = randomBytes(DATA_KEY_BYTES)
    await createDurably(files, this.#dir, this.#path(month), bytes)
    const key = createSecretKey(bytes)
    this.#keys.set(month, key)
    return key
  }

  #path(month: string): string {
    if (!/^[0-9]{6}$/.test(month)) throw new CmdaidError('CMDAID_ERR_INTERNAL', 'a data key is named by its month')
    return join(this.#dir, `data-${month}.key`)
  }
}

function readKey(path: string): KeyObject | null {
  let file: number
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  try {
    const bytes = Buffer.alloc(DATA_KEY_BYTES + 1)
    if (!fstatSync(file).isFile() || readSync(file, bytes, 0, bytes.length, 0) !== DATA_KEY_BYTES) {
      throw new CmdaidError('CMDAID_ERR_AUDIT_DAMAGED', `${path} is not a data key`)
    }
    return createSecretKey(bytes.subarray(0, DATA_KEY_BYTES))
  } finally {
    closeSync(file)
  }
}
