import { RE2JS, RE2JSException } from 're2js'
import { REGEX_CHARS_MAX } from '../limits.ts'
import type { Word } from '../shell/facts.ts'
import type { TextTest } from './document.ts'
import type { DocumentPath, PolicyDiagnostic } from './diagnostic.ts'
import { type PathGlob, compilePathGlob, compileTextGlob } from './glob.ts'
import { type PathContext, pathsOf, segmentBit } from './path.ts'

export type WordTest = {
  readonly matches: (word: Word, context: PathContext) => boolean
  /** A path that matches is known by one of these (`hashesOfPath`), unless the shell has yet to expand it; null: nothing is known. */
  readonly segments: readonly number[] | null
}

/** Takes what is wrong with a test, at a place of the document. */
export type ReportAt = (path: DocumentPath, finding: Pick<PolicyDiagnostic, 'code' | 'message' | 'hint'>) => void

/** Compiles one test of one word. Findings are reported; a test that has any never matches. */
export function compileWordTest(test: TextTest, at: DocumentPath, report: ReportAt): WordTest {
  if (typeof test === 'string') return { matches: (word) => word.text === test, segments: null }
  if (isList(test)) return { matches: oneOf(test), segments: null }
  const parts: WordTest['matches'][] = []
  let segments: readonly number[] | null = null
  if (test.is !== undefined) parts.push(oneOf(listOf(test.is)))
  if (test.starts_with !== undefined) {
    const prefixes = listOf(test.starts_with)
    parts.push((word) => prefixes.some((prefix) => word.text.startsWith(prefix)))
  }
  if (test.contains !== undefined) {
    const needles = listOf(test.contains)
    parts.push((word) => needles.some((needle) => word.text.includes(needle)))
  }
  if (test.glob !== undefined) {
    const globs = compileAll(test.glob, compileTextGlob, [...at, 'glob'], report)
    parts.push((word) => globs.some((glob) => glob.matches(word.text)))
  }
  if (test.path !== undefined) {
    const globs = compileAll(test.path, compilePathGlob, [...at, 'path'], report)
    segments = globs.every((glob) => glob.segments !== null) ? globs.flatMap((glob) => glob.segments ?? []) : null
    parts.push(onPaths(globs, segments))
  }
  if (test.re !== undefined) parts.push(compileRegex(test.re, [...at, 're'], report))
  if (test.not !== undefined) {
    const inner = compileWordTest(test.not, [...at, 'not'], report)
    parts.push((word, context) => !inner.matches(word, context))
  }
  return {
    matches: parts.length === 1 ? parts[0]! : (word, context) => parts.every((part) => part(word, context)),
    segments,
  }
}

function onPaths(globs: readonly PathGlob[], segments: readonly number[] | null): WordTest['matches'] {
  const bits = segments?.reduce((all, hash) => all | segmentBit(hash), 0) ?? null
  return (word, context) => {
    const { readings, bits: own } = pathsOf(word, context)
    // Where the shell still expands the path, its segments are not the ones that the file has.
    if (bits !== null && !word.glob && (bits & own) === 0) return false
    return globs.some((glob) => glob.matches(readings, word.glob))
  }
}

export function listOf<Item extends string>(value: Item | readonly Item[]): readonly Item[] {
  return typeof value === 'string' ? [value] : value
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value)
}

function oneOf(texts: readonly string[]): WordTest['matches'] {
  const set = new Set(texts)
  return (word) => set.has(word.text)
}

function compileAll<Glob>(
  sources: string | readonly string[],
  compile: (source: string) => { ok: true; value: Glob } | { ok: false; error: string },
  at: DocumentPath,
  report: ReportAt,
): readonly Glob[] {
  const globs: Glob[] = []
  for (const [index, source] of listOf(sources).entries()) {
    const glob = compile(source)
    if (glob.ok) globs.push(glob.value)
    else {
      report(typeof sources === 'string' ? at : [...at, index], {
        code: 'CMDAID_ERR_POLICY_GLOB',
        message: `the glob \`${source.slice(0, 80)}\` cannot be read: ${glob.error}`,
        hint: 'put `\\` before a character that should stand for itself',
      })
    }
  }
  return globs
}

/** RE2 runs in time linear in the text, whatever the pattern; what RE2 cannot express is refused here. */
function compileRegex(source: string, at: DocumentPath, report: ReportAt): WordTest['matches'] {
  if (source.length > REGEX_CHARS_MAX) {
    report(at, {
      code: 'CMDAID_ERR_POLICY_REGEX',
      message: `the expression is longer than ${REGEX_CHARS_MAX} characters`,
      hint: 'split it into several tests under `any`',
    })
    return () => false
  }
  try {
    const compiled = RE2JS.compile(source)
    return (word) => compiled.matcher(word.text).find()
  } catch (cause) {
    report(at, {
      code: 'CMDAID_ERR_POLICY_REGEX',
      message: `the expression is not RE2 syntax: ${cause instanceof RE2JSException || cause instanceof Error ? cause.message : 'unknown error'}`,
      hint: 'look-around and back-references do not exist in RE2; combine tests with `all`, `any` and `not`',
    })
    return () => false
  }
}
