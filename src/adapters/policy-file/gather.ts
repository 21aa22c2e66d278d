import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path/posix'
import { POLICY_DOCUMENTS_MAX, POLICY_EXTENDS_DEPTH_MAX } from '../../core/limits.ts'
import type { PolicyDiagnostic } from '../../core/policy/diagnostic.ts'
import type { Authority, PackReference, PolicyDocument, PolicySource } from '../../core/policy/document.ts'
import { notesOn } from '../../core/policy/notes.ts'
import { readDocument } from './read-document.ts'
import { type ShippedPack, SHIPPED_PACKS, digestOf, isShippedPack, readShippedPack } from './shipped-packs.ts'

/** One document with everything that it extends. */
export type Gathered = {
  readonly sources: readonly GatheredSource[]
  /** Every file that was looked at, also missing ones: what to watch. */
  readonly files: readonly string[]
  /** Errors, warnings and notes. With an error in it the sources are incomplete and must not be used. */
  readonly diagnostics: readonly PolicyDiagnostic[]
}

export type GatheredSource = PolicySource & {
  /** Its examples were run by the tests of this program, on the same bytes. */
  readonly tested: boolean
}

/** What a document extends when it does not say. `extends: []` leaves the starter pack out. */
const EXTENDED_BY_DEFAULT: readonly string[] = ['starter']

/** The shipped default: what counts when there is no document at all. */
export async function gatherDefault(): Promise<Gathered> {
  return new Gatherer('user').run(async (gather) => gather.extend(EXTENDED_BY_DEFAULT, null))
}

/** Reads a document and, depth first, all that it extends. Null when the file is not there. */
export async function gatherDocument(file: string, authority: Authority, uid: number): Promise<Gathered | null> {
  const gather = new Gatherer(authority, uid)
  let missing = false
  const gathered = await gather.run(async (inner) => {
    missing = !(await inner.document(resolve(file)))
  })
  return missing ? null : gathered
}

/** The pack that is in force whatever a document says. Nobody may silence it, hence the authority. */
export async function gatherBase(): Promise<Gathered> {
  return new Gatherer('organisation').run(async (gather) => gather.extend(['base'], null))
}

type Origin = { readonly document: PolicyDocument; readonly folder: string; readonly chain: readonly string[] }

class Gatherer {
  readonly #authority: Authority
  readonly #uid: number
  readonly #sources: GatheredSource[] = []
  readonly #files: string[] = []
  readonly #seen = new Set<string>()
  readonly #diagnostics: PolicyDiagnostic[] = []

  /** @param uid - who may own the files besides root; shipped packs need none */
  constructor(authority: Authority, uid = -1) {
    this.#authority = authority
    this.#uid = uid
  }

  async run(work: (gather: Gatherer) => Promise<void>): Promise<Gathered> {
    await work(this)
    return { sources: this.#sources, files: this.#files, diagnostics: this.#diagnostics }
  }

  /** @returns false when the file is not there */
  async document(file: string): Promise<boolean> {
    this.#files.push(file)
    const read = await readDocument(file, this.#authority, this.#uid)
    if (read === null) return false
    this.#diagnostics.push(...read.diagnostics)
    if (read.text !== null) await this.#take(read.text, file, 'document', [await realpath(file)])
    return true
  }

  async extend(references: readonly (string | PackReference)[], from: Origin | null): Promise<void> {
    for (const [index, reference] of references.entries()) {
      const { pack, digest = null } = typeof reference === 'string' ? { pack: reference } : reference
      const refuse = (message: string, hint: string | null): void => {
        const place = from === null ? { line: 1, column: 1 } : from.document.locate(['extends', index])
        this.#diagnostics.push({
          severity: 'error',
          code: 'CMDAID_ERR_POLICY_EXTENDS',
          file: from?.document.file ?? `pack:${pack}`,
          ...place,
          message,
          hint,
        })
      }
      if (isShippedPack(pack)) await this.#shipped(pack, digest, refuse)
      else if (from !== null) await this.#relative(pack, digest, from, refuse)
    }
  }

  async #shipped(name: ShippedPack, digest: string | null, refuse: Refuse): Promise<void> {
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    const pack = await readShippedPack(name)
    if (digest !== null && digest !== pack.digest)
      refuse(`the pack \`${name}\` has the digest ${pack.digest}`, 'review the pack, then write its new digest')
    else if (pack.prepared === null) await this.#take(pack.text, pack.file, 'pack', [pack.file])
    else this.#sources.push({ authority: this.#authority, kind: 'pack', document: pack.prepared, tested: true })
  }

  async #relative(name: string, digest: string | null, from: Origin, refuse: Refuse): Promise<void> {
    const file = resolve(from.folder, name)
    // Whoever may write the document may write what is beside it; elsewhere others may.
    if (isAbsolute(name) || relative(from.folder, file).startsWith('..')) {
      return refuse(
        `\`${name}\` is not in the directory of the document`,
        `name a shipped pack (${SHIPPED_PACKS.join(', ')}) or a file below ${from.folder}`,
      )
    }
    if (from.chain.length > POLICY_EXTENDS_DEPTH_MAX)
      return refuse(`\`${name}\` is extended over more than ${POLICY_EXTENDS_DEPTH_MAX} levels`, null)
    if (this.#sources.length >= POLICY_DOCUMENTS_MAX)
      return refuse(`more than ${POLICY_DOCUMENTS_MAX} documents are extended`, null)
    this.#files.push(file)
    const read = await readDocument(file, this.#authority, this.#uid)
    if (read === null)
      return refuse(
        `there is no pack or file \`${name}\``,
        `name a shipped pack (${SHIPPED_PACKS.join(', ')}) or a file below ${from.folder}`,
      )
    this.#diagnostics.push(...read.diagnostics)
    if (read.text === null) return
    const real = await realpath(file)
    if (from.chain.includes(real))
      return refuse(
        `\`${name}\` extends itself: ${[...from.chain, real].map((each) => relative(from.folder, each) || each).join(' → ')}`,
        'remove one of the links',
      )
    if (digest !== null && digest !== digestOf(read.text))
      return refuse(`\`${name}\` has the digest ${digestOf(read.text)}`, 'review the file, then write its new digest')
    if (this.#seen.has(real)) return
    this.#seen.add(real)
    await this.#take(read.text, file, 'pack', [...from.chain, real])
  }

  async #take(text: string, file: string, kind: PolicySource['kind'], chain: readonly string[]): Promise<void> {
    // Loaded only now: YAML and the schema compiler take longer to load than all the rest, and often nobody needs them.
    const { parsePolicyText } = await import('../../core/policy/parse.ts')
    const parsed = parsePolicyText(text, file)
    if (!parsed.ok) return void this.#diagnostics.push(...parsed.error)
    const document = parsed.value
    this.#diagnostics.push(...notesOn(document))
    this.#sources.push({ authority: this.#authority, kind, document, tested: false })
    const inherited = kind === 'document' ? EXTENDED_BY_DEFAULT : []
    await this.extend(document.content.extends ?? inherited, { document, folder: dirname(file), chain })
  }
}

type Refuse = (message: string, hint: string | null) => void
