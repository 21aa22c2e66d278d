import { existsSync, type FSWatcher, watch } from 'node:fs'
import { basename, dirname, relative, sep } from 'node:path'

/**
 * Calls `onThere` once when `folder`, which is not there, has been made. Only the nearest folder above it is watched, and of what
 * happens there only what has the right name is looked at: it may be somebody's home, where a file changes with each command.
 */
export function awaitFolder(folder: string, onThere: () => void): Disposable {
  const awaited = new AwaitedFolder(folder, onThere)
  awaited.look()
  return awaited
}

class AwaitedFolder implements Disposable {
  readonly #folder: string
  readonly #onThere: () => void
  #watcher: FSWatcher | null = null
  /** Where the watcher looks. */
  #above: string | null = null
  #over = false

  constructor(folder: string, onThere: () => void) {
    this.#folder = folder
    this.#onThere = onThere
  }

  look(): void {
    // Watched first and looked at then, until nothing was made in between.
    for (let above = nearest(this.#folder); !this.#over && above !== this.#above; above = nearest(this.#folder)) {
      if (above === this.#folder) return this.#there()
      this.#watch(above)
    }
  }

  [Symbol.dispose](): void {
    this.#over = true
    this.#watcher?.close()
  }

  #there(): void {
    this[Symbol.dispose]()
    this.#onThere()
  }

  #watch(above: string): void {
    this.#watcher?.close()
    this.#above = above
    const [next] = relative(above, this.#folder).split(sep)
    try {
      this.#watcher = watch(above, { persistent: false }, (_event, name) => {
        // Its own name: it goes itself, and may be back already. No name: the system does not tell.
        if (name === basename(above)) this.#above = null
        if (name === next || name === null || this.#above === null) this.look()
      })
      // Deleted on Windows, or no more watches to be had: SIGHUP reads the policy again in any case.
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      this.#watcher = null
    }
  }
}

/** The folder itself, or the nearest one above it that is there. */
function nearest(folder: string): string {
  if (existsSync(folder) || dirname(folder) === folder) return folder
  return nearest(dirname(folder))
}
