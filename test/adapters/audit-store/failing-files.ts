import { systemFiles } from '../../../src/adapters/audit-store/file-operations.ts'
import type { FileOperations, OpenFile } from '../../../src/adapters/audit-store/file-operations.ts'

export type Fault =
  /** The call fails with this code and has done nothing. */
  | 'EIO'
  | 'ENOSPC'
  /** A write that stores some of its bytes and calls that a success. */
  | 'short'
  /** A write that stores some of its bytes and then fails. */
  | 'torn'

export type Call = { readonly name: string; readonly path: string }

/**
 * The real file system, on which the calls chosen by `when` fail. `calls` counts every call that changes something, or
 * makes a change durable, in the order in which they are made.
 */
export class FailingFiles implements FileOperations {
  readonly calls: Call[] = []
  #when: (call: Call, index: number) => Fault | null = () => null

  failing(when: (call: Call, index: number) => Fault | null): this {
    this.#when = when
    return this
  }

  async open(path: string, purpose: 'read' | 'write' | 'create'): Promise<OpenFile> {
    if (purpose === 'create') this.#enter('create', path)
    return this.#wrap(await systemFiles.open(path, purpose), path)
  }

  async makeDirectory(path: string): Promise<void> {
    await systemFiles.makeDirectory(path)
  }

  list(path: string): Promise<readonly string[]> {
    return systemFiles.list(path)
  }

  async rename(from: string, to: string): Promise<void> {
    this.#enter('rename', to)
    await systemFiles.rename(from, to)
  }

  async remove(path: string): Promise<void> {
    await systemFiles.remove(path)
  }

  async syncDirectory(path: string): Promise<void> {
    this.#enter('syncDirectory', path)
    await systemFiles.syncDirectory(path)
  }

  #wrap(file: OpenFile, path: string): OpenFile {
    return {
      read: (...args) => file.read(...args),
      stat: () => file.stat(),
      close: () => file.close(),
      truncate: async (length) => {
        this.#enter('truncate', path)
        await file.truncate(length)
      },
      datasync: async () => {
        this.#enter('datasync', path)
        await file.datasync()
      },
      write: async (buffer, offset, length, position) => {
        const fault = this.#fault('write', path)
        if (fault === null) return file.write(buffer, offset, length, position)
        if (fault === 'short' || fault === 'torn') {
          const written = await file.write(buffer, offset, Math.floor(length / 2), position)
          if (fault === 'short') return written
        }
        throw systemError(fault === 'ENOSPC' ? 'ENOSPC' : 'EIO', 'write', path)
      },
    }
  }

  #enter(name: string, path: string): void {
    const fault = this.#fault(name, path)
    if (fault !== null) throw systemError(fault === 'ENOSPC' ? 'ENOSPC' : 'EIO', name, path)
  }

  #fault(name: string, path: string): Fault | null {
    const call = { name, path }
    this.calls.push(call)
    return this.#when(call, this.calls.length - 1)
  }
}

function systemError(code: string, name: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${name} '${path}'`), { code })
}
