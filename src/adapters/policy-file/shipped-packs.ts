import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { PolicyContent, PolicyDocument } from '../../core/policy/document.ts'

/**
 * The packs that come with cmdaid. `prepared.json` holds them parsed, with the digest of the text each was made from: when
 * the text is still that one, neither YAML nor the schema compiler is loaded, and the examples, which the tests run, are
 * not run again. A pack whose text differs is read like any other document.
 */

export const SHIPPED_PACKS = ['base', 'starter'] as const
export type ShippedPack = (typeof SHIPPED_PACKS)[number]

export type PreparedPacks = Readonly<Record<ShippedPack, { readonly digest: string; readonly content: PolicyContent }>>

const FOLDER = new URL('../../core/policy/packs/', import.meta.url)

export type PackText = {
  readonly file: string
  readonly text: string
  readonly digest: string
  /** The parsed pack when it is the one that was tested; null: it must be parsed and its examples run. */
  readonly prepared: PolicyDocument | null
}

export async function readShippedPack(name: ShippedPack): Promise<PackText> {
  const [text, preparedText] = await Promise.all([
    readFile(new URL(`${name}.yaml`, FOLDER), 'utf8'),
    readFile(new URL('prepared.json', FOLDER), 'utf8'),
  ])
  const digest = digestOf(text)
  const file = `pack:${name}`
  const prepared = (JSON.parse(preparedText) as Partial<PreparedPacks>)[name]
  return {
    file,
    text,
    digest,
    prepared: prepared?.digest === digest ? documentWithoutPlaces(file, prepared.content) : null,
  }
}

export function isShippedPack(name: string): name is ShippedPack {
  return (SHIPPED_PACKS as readonly string[]).includes(name)
}

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** A document that was checked elsewhere: nothing is left to report on, so its places are not kept. */
export function documentWithoutPlaces(file: string, content: PolicyContent): PolicyDocument {
  return { file, content, locate: () => ({ line: 1, column: 1 }) }
}
