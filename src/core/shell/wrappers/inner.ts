import type { ShellName, Word } from '../facts.ts'
import type { ParsedOptions } from '../options.ts'

/** A command with its arguments told apart, as far as opening it needs. */
export type Call = ParsedOptions & {
  readonly program: string
  readonly args: readonly Word[]
  /** What it reads on standard input, when that can be computed; null when not, or when it reads the terminal. */
  readonly stdinText: () => string | null
}

/** Another program with its arguments. */
export type InnerCommand = {
  readonly kind: 'command'
  readonly label: string
  readonly argv: readonly Word[]
  readonly env: ReadonlyMap<string, Word> | null
  /** `same`: the wrapper's directory; a word: that directory; null: another machine, container or root. */
  readonly cwd: 'same' | Word | null
  /** False when the wrapper reads standard input itself (`xargs`). */
  readonly readsStdin: boolean
}

/** Text that a shell reads. */
export type InnerScript = {
  readonly kind: 'script'
  readonly label: string
  readonly text: Word
  /** `same`: read by this very process, whose variables it sees and changes; `elsewhere`: on another machine. */
  readonly process: 'same' | 'child' | 'elsewhere'
  /** Null: the shell that reads the line. */
  readonly shell: ShellName | null
  readonly positionals: readonly Word[] | null
  /** A piece of a command line (an alias) need not be a whole one. */
  readonly partial: boolean
  /** Run at another time (a trap, an alias), when variables and the directory may be others. */
  readonly later: boolean
}

/** Code read from standard input or from a process substitution. */
export type InnerInput = {
  readonly kind: 'input'
  readonly label: string
  readonly process: 'same' | 'child' | 'elsewhere'
  readonly shell: ShellName | null
  /** Null: standard input; else the word that names the file. */
  readonly file: Word | null
  /** How the text becomes commands, when it is not shell text itself. */
  readonly read: ((code: Word) => readonly Inner[]) | null
}

/** Code that cannot be read before it runs. */
export type InnerUnknown = { readonly kind: 'unknown' }

/** What a command makes run. */
export type Inner = InnerCommand | InnerScript | InnerInput | InnerUnknown

export type Opener = (call: Call) => readonly Inner[]

export const NOTHING: readonly Inner[] = []
export const UNREADABLE: readonly Inner[] = [{ kind: 'unknown' }]

export function command(
  label: string,
  words: readonly Word[],
  more: Partial<Omit<InnerCommand, 'kind' | 'label' | 'argv'>> = {},
): readonly Inner[] {
  const argv = words[0]?.text === '--' ? words.slice(1) : words
  if (argv.length === 0) return NOTHING
  return [{ kind: 'command', label, argv, env: null, cwd: 'same', readsStdin: true, ...more }]
}

export function script(
  label: string,
  text: Word | null | undefined,
  more: Partial<Omit<InnerScript, 'kind' | 'label' | 'text'>> = {},
): readonly Inner[] {
  if (text == null || text.text === '') return NOTHING
  return [
    {
      kind: 'script',
      label,
      text,
      process: 'child',
      shell: null,
      positionals: null,
      partial: false,
      later: false,
      ...more,
    },
  ]
}

export function input(label: string, more: Partial<Omit<InnerInput, 'kind' | 'label'>> = {}): readonly Inner[] {
  return [{ kind: 'input', label, process: 'child', shell: null, file: null, read: null, ...more }]
}

/** A word for a process substitution: `/dev/fd/63`. */
export function isProcessSubstitution(word: Word | undefined): word is Word {
  return word !== undefined && word.dynamic && word.text.startsWith('/dev/fd/')
}

/** `-`, `/dev/stdin`: names of standard input. */
export function isStandardInput(word: Word | undefined): boolean {
  return word !== undefined && (word.text === '-' || word.text === '/dev/stdin' || word.text === '/dev/fd/0')
}

/** Several words read as one text, the way `eval`, `ssh` and `watch` do it. */
export function joinWords(words: readonly Word[]): Word | null {
  const first = words[0]
  const last = words.at(-1)
  if (first === undefined || last === undefined) return null
  if (words.length === 1) return first
  return {
    text: words.map(({ text }) => text).join(' '),
    dynamic: words.some(({ dynamic }) => dynamic),
    glob: false,
    span: { start: first.span.start, end: Math.max(first.span.end, last.span.end) },
  }
}

/** The word with another text, standing in the same place. */
export function withText(word: Word, text: string): Word {
  return { text, dynamic: word.dynamic, glob: word.glob, span: word.span }
}

const ASSIGNMENT = /^[A-Za-z_]\w*=/

/** Takes leading `NAME=value` words off. */
export function withoutAssignments(words: readonly Word[]): {
  readonly argv: readonly Word[]
  readonly env: ReadonlyMap<string, Word> | null
} {
  let count = 0
  while (count < words.length && ASSIGNMENT.test(words[count]?.text ?? '')) count += 1
  if (count === 0) return { argv: words, env: null }
  const env = new Map<string, Word>()
  for (const word of words.slice(0, count)) {
    const equals = word.text.indexOf('=')
    env.set(word.text.slice(0, equals), withText(word, word.text.slice(equals + 1)))
  }
  return { argv: words.slice(count), env }
}
