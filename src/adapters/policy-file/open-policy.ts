import { existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FSWatcher } from 'chokidar'
import { compileInSteps } from '../../core/policy/compile.ts'
import type { PolicyDiagnostic } from '../../core/policy/diagnostic.ts'
import type { CompiledPolicy } from '../../core/policy/table.ts'
import type { Result } from '../../core/result.ts'
import { awaitFolder } from './await-folder.ts'
import { checkInProcess } from './check-in-process.ts'
import type { GatheredSource } from './gather.ts'
import { inSlices } from './in-slices.ts'
import { type Part, type Parts, type PolicyFiles, WITHOUT_EXAMPLES, composeSources, sourcesOf } from './load.ts'

/** Editors and deployment tools touch a file several times in a row; one load is enough (milliseconds). */
const SETTLE_MS = 30

/** The watcher takes a moment until it sees a file that it was just given: by then it is read once more (milliseconds). */
const WATCHING_MS = 500

export type OpenPolicyOptions = {
  readonly paths: PolicyFiles
  /** A new policy is in force. Also called for the first one, and when the files are good again after a refusal. */
  readonly onLoaded: (policy: CompiledPolicy, diagnostics: readonly PolicyDiagnostic[]) => void
  /** A document was refused; what was in force before stays in force in its place. */
  readonly onRejected: (diagnostics: readonly PolicyDiagnostic[]) => void
  readonly signal: AbortSignal
}

export type OpenedPolicy = AsyncDisposable & {
  /** The policy in force. Replaced as a whole, never changed. */
  readonly current: CompiledPolicy
  /** Reads everything again, now. Resolves when the result is in force or was reported as rejected. */
  readonly reload: () => Promise<void>
}

/**
 * Loads the policy of this machine and keeps it up to date: a file that appears, changes, is replaced or removed counts
 * within a moment, and so does one that a document extends. A refused document leaves the last good one of its side in
 * force (at the start: the shipped default), and the other side is not held up by it: a user cannot delay the organisation.
 */
export async function openPolicy({ paths, onLoaded, onRejected, signal }: OpenPolicyOptions): Promise<OpenedPolicy> {
  const policy = new WatchedPolicy(paths, onLoaded, onRejected, signal)
  await policy.start()
  return policy
}

class WatchedPolicy implements OpenedPolicy {
  readonly #paths: PolicyFiles
  readonly #onLoaded: OpenPolicyOptions['onLoaded']
  readonly #onRejected: OpenPolicyOptions['onRejected']
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  #watcher: FSWatcher | null = null
  #files: readonly string[] = []
  #watched = new Set<string>()
  /** Folders of files, that are not there. */
  readonly #awaited = new Map<string, Disposable>()
  #timer: NodeJS.Timeout | null = null
  #current: CompiledPolicy | null = null
  /** The last load was refused, in whole or in part. */
  #refused = false
  #good: { organisation: readonly GatheredSource[] | null; user: readonly GatheredSource[] | null } = {
    organisation: null,
    user: null,
  }
  /** Loads follow one another: two at once could finish in the wrong order. */
  #loading: Promise<void> = Promise.resolve()

  constructor(
    paths: PolicyFiles,
    onLoaded: OpenPolicyOptions['onLoaded'],
    onRejected: OpenPolicyOptions['onRejected'],
    signal: AbortSignal,
  ) {
    this.#paths = paths
    this.#onLoaded = onLoaded
    this.#onRejected = onRejected
    this.#signal = AbortSignal.any([signal, this.#closing.signal])
  }

  get current(): CompiledPolicy {
    if (this.#current === null) throw new Error('the policy is used before it is open')
    return this.#current
  }

  async start(): Promise<void> {
    this.#files = [this.#paths.organisationPolicyFile, this.#paths.policyFile].filter((file) => file !== null)
    await this.reload()
  }

  reload(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#load())
    return this.#loading
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#loading
    for (const waiting of this.#awaited.values()) waiting[Symbol.dispose]()
    await this.#watcher?.close()
  }

  #settle(ms = SETTLE_MS): void {
    if (this.#signal.aborted) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.reload()
    }, ms)
  }

  async #load(): Promise<void> {
    if (this.#signal.aborted && this.#current !== null) return
    // Watch first, read then: a change in between is read twice rather than missed.
    await this.#watch()
    const parts = await this.#check()
    if (this.#signal.aborted && this.#current !== null) return
    this.#files = [...parts.organisation.files, ...parts.user.files]
    await this.#watch()
    const rejected = [parts.organisation, parts.user].flatMap((part) =>
      part.state === 'refused' ? part.diagnostics : [],
    )
    const good = {
      organisation: kept(parts.organisation, this.#good.organisation),
      user: kept(parts.user, this.#good.user),
    }

    let compiled = await compileAll(good.organisation, good.user)
    if (!compiled.ok) {
      // Both sides were good by themselves and clash only now that one of them is an older one: the organisation's counts.
      rejected.push(...compiled.error)
      good.user = null
      compiled = await compileAll(good.organisation, null)
    }
    if (!compiled.ok) throw new Error('checked documents do not compile', { cause: compiled.error })
    this.#good = good
    const policy = compiled.value
    const mended = this.#refused && rejected.length === 0
    this.#refused = rejected.length > 0
    if (policy.hash !== this.#current?.hash || mended) {
      this.#current = policy
      this.#onLoaded(policy, findings(parts))
    }
    if (rejected.length > 0) this.#onRejected(rejected)
  }

  /** The usual case, no document at all, needs neither a thread nor YAML. */
  async #check(): Promise<Parts> {
    const { organisationPolicyFile, policyFile } = this.#paths
    const [organisation, user] = await Promise.all([isThere(organisationPolicyFile), isThere(policyFile)])
    if (organisation || user) return checkInProcess(this.#paths, this.#signal)
    return { organisation: absent(organisationPolicyFile), user: absent(policyFile) }
  }

  /**
   * For a file whose folder is not there the watcher would look through the nearest one above at every change in it, and that may be
   * somebody's home: such a folder is waited for instead.
   */
  async #watch(): Promise<void> {
    const wanted = new Set(this.#files.filter((file) => existsSync(dirname(file))))
    const missing = new Set(this.#files.filter((file) => !wanted.has(file)).map((file) => dirname(file)))
    const added = [...wanted].filter((file) => !this.#watched.has(file))
    const removed = [...this.#watched].filter((file) => !wanted.has(file))
    if (added.length > 0) this.#watcher ??= await this.#openWatcher()
    if (removed.length > 0) this.#watcher?.unwatch(removed)
    if (added.length > 0) this.#watcher?.add(added)
    if (added.length > 0 && this.#current !== null && this.#timer === null) this.#settle(WATCHING_MS)
    this.#watched = wanted
    for (const [folder, waiting] of this.#awaited) {
      if (missing.has(folder)) continue
      waiting[Symbol.dispose]()
      this.#awaited.delete(folder)
    }
    for (const folder of missing) {
      if (!this.#awaited.has(folder))
        this.#awaited.set(
          folder,
          awaitFolder(folder, () => this.#settle()),
        )
    }
  }

  /** Loaded when there is something to watch: most machines have no document. */
  async #openWatcher(): Promise<FSWatcher> {
    const { watch } = await import('chokidar')
    return watch([], { ignoreInitial: true, atomic: 20, ignorePermissionErrors: true, persistent: false })
      .on('all', () => this.#settle())
      .on('error', () => this.#settle())
  }
}

async function compileAll(
  organisation: readonly GatheredSource[] | null,
  user: readonly GatheredSource[] | null,
): Promise<Result<CompiledPolicy, readonly PolicyDiagnostic[]>> {
  return inSlices(compileInSteps(await composeSources(organisation, user), WITHOUT_EXAMPLES))
}

/** A refused side keeps what it had; one that is gone has nothing. */
function kept(part: Part, before: readonly GatheredSource[] | null): readonly GatheredSource[] | null {
  return part.state === 'refused' ? before : sourcesOf(part)
}

function findings({ organisation, user }: Parts): readonly PolicyDiagnostic[] {
  return [organisation, user].flatMap((part) => (part.state === 'good' ? part.diagnostics : []))
}

function absent(file: string | null): Part {
  return { state: 'absent', files: file === null ? [] : [file] }
}

async function isThere(file: string | null): Promise<boolean> {
  if (file === null) return false
  try {
    await access(file)
    return true
  } catch (cause) {
    // Anything but "not there" is for the reader to report.
    return !['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')
  }
}
