import type { Budget } from '../budget.ts'
import type {
  FishAssignment,
  FishBody,
  FishNode,
  FishRedirect,
  FishScript,
  FishStage,
  FishStatement,
  FishWord,
} from './syntax.ts'
import { constantOf, WordReader } from './word-reader.ts'

/**
 * Reads a fish text. Total: what is no fish is marked as broken, and what could be made of it is there all the same. Ends
 * where the budget does.
 */
export function parseFish(text: string, budget: Budget): FishScript {
  const parser = new Parser(text, budget)
  const statements = parser.all()
  return { statements, broken: parser.broken }
}

const STEPS_PER_STATEMENT = 1

/** What ends the list of statements that we are in. */
type Until = 'end of text' | ')' | '}' | 'end'

class Parser {
  readonly #text: string
  readonly #budget: Budget
  readonly #words: WordReader
  #at = 0
  broken = false

  constructor(text: string, budget: Budget) {
    this.#text = text
    this.#budget = budget
    this.#words = new WordReader(text, budget, (from) => this.#substitution(from))
  }

  all(): readonly FishStatement[] {
    const found: FishStatement[] = []
    for (;;) {
      found.push(...this.#statements('end of text'))
      if (this.#at >= this.#text.length || this.#budget.exhausted) return found
      // A `)` or an `end` too many: fish runs nothing of it, and we go on looking.
      this.broken = true
      if (this.#text.charAt(this.#at) === ')') this.#at += 1
      else this.#word()
    }
  }

  /** The statements of `(…)`, from behind the opening one; tells where the closing one ends. */
  #substitution(from: number): { readonly script: FishScript; readonly end: number } {
    const before = this.#at
    const wasBroken = this.broken
    this.#at = from
    this.broken = false
    const statements = this.#statements(')')
    if (this.#text.charAt(this.#at) === ')') this.#at += 1
    else this.broken = true
    const end = this.#at
    const script = { statements, broken: this.broken }
    this.#at = before
    this.broken ||= wasBroken
    return { script, end }
  }

  #statements(until: Until): FishStatement[] {
    const found: FishStatement[] = []
    let join: FishStatement['join'] = null
    for (;;) {
      if (!this.#budget.take(STEPS_PER_STATEMENT)) return found
      this.#skip(/[\s;]/)
      const start = this.#at
      if (start >= this.#text.length) return found
      const next = this.#text.charAt(start)
      if (next === ')') return found
      if (next === '}' && until === '}') return found
      if (next === '&' || next === '|') {
        this.broken = true
        this.#at += 1
        continue
      }
      const keyword = this.#peekKeyword()
      if (keyword === 'end' || keyword === 'else' || keyword === 'case') return found
      const statement = this.#statement(join)
      found.push(statement)
      const operator = this.#text.startsWith('&&', this.#at)
        ? 'and'
        : this.#text.startsWith('||', this.#at)
          ? 'or'
          : null
      if (operator !== null) this.#at += 2
      join = operator
      // Every statement takes something; a text that does not let it must not hold us.
      if (this.#at === start) {
        this.broken = true
        this.#at += 1
      }
    }
  }

  /** A pipeline, with what stands in front of it. */
  #statement(joined: FishStatement['join']): FishStatement {
    let join = joined
    for (;;) {
      const keyword = this.#peekKeyword()
      if (keyword === 'and' || keyword === 'or') join = keyword
      else if (keyword !== 'not' && keyword !== '!' && keyword !== 'time') break
      const before = this.#at
      this.#word()
      this.#skip(/[^\S\n]/)
      // `and` alone, or `and --help`, is a command.
      if (this.#atEnd() || this.#text.charAt(this.#at) === '-') {
        this.#at = before
        break
      }
    }
    const stages: FishStage[] = []
    for (;;) {
      this.#skip(/[^\S\n]/)
      stages.push(this.#stage())
      const pipe = /^(?:&\||\d*>\||\|(?!\|))/.exec(this.#text.slice(this.#at, this.#at + 12))
      if (pipe === null || this.#budget.exhausted) break
      this.#at += pipe[0].length
      this.#skip(/\s/)
      if (this.#atEnd()) {
        this.broken = true
        break
      }
    }
    const background = this.#text.charAt(this.#at) === '&' && this.#text.charAt(this.#at + 1) !== '&'
    if (background) this.#at += 1
    return { stages, join, background }
  }

  #stage(): FishStage {
    const pos = this.#at
    let keyword = this.#peekKeyword()
    if (keyword === 'not' || keyword === '!' || keyword === 'time') {
      this.#word()
      this.#skip(/[^\S\n]/)
      keyword = this.#peekKeyword()
    }
    const redirects: FishRedirect[] = []
    const node = this.#node(keyword, redirects)
    if (node.type !== 'command') {
      for (const word of this.#rest(redirects)) {
        // Nothing but redirections may stand behind a block.
        this.broken = true
        redirects.push({ operator: '<', fd: null, target: word, pos: word.pos, end: word.end })
      }
    }
    let end = this.#at
    while (end > pos && /\s/.test(this.#text.charAt(end - 1))) end -= 1
    return { node, redirects, pos, end }
  }

  #node(keyword: string | null, redirects: FishRedirect[]): FishNode {
    switch (keyword ?? '') {
      case 'begin':
        this.#word()
        return { type: 'block', kind: 'begin', body: this.#body().statements }
      case 'if':
        return { type: 'block', kind: 'if', body: this.#branches() }
      case 'while':
        this.#word()
        return { type: 'block', kind: 'while', body: this.#body().statements }
      case 'for':
        return this.#for(redirects)
      case 'switch':
        return this.#switch(redirects)
      case 'function': {
        this.#word()
        const [name = null, ...words] = this.#rest(redirects)
        return { type: 'function', name, words, body: this.#body() }
      }
    }
    if (this.#text.charAt(this.#at) === '{' && /[\s;]/.test(this.#text.charAt(this.#at + 1))) {
      this.#at += 1
      const body = this.#statements('}')
      if (this.#text.charAt(this.#at) === '}') this.#at += 1
      else this.broken = true
      return { type: 'block', kind: 'begin', body }
    }
    return this.#command(redirects)
  }

  #command(redirects: FishRedirect[]): FishNode {
    const env: FishAssignment[] = []
    const words: FishWord[] = []
    for (const word of this.#rest(redirects)) {
      const assignment = words.length === 0 ? assignmentOf(word) : null
      if (assignment === null) words.push(word)
      else env.push(assignment)
    }
    if (words.length === 0) this.broken = true
    return { type: 'command', env, words }
  }

  /** Up to the `end` of a block. */
  #body(): FishBody {
    const pos = this.#at
    const statements = this.#statements('end')
    const end = this.#at
    if (this.#peekKeyword() === 'end') this.#word()
    else this.broken = true
    return { statements, pos, end }
  }

  /** `if` with all its branches, as one list: which of them run is not known. */
  #branches(): FishStatement[] {
    this.#word()
    const found = this.#statements('end')
    while (this.#peekKeyword() === 'else' && !this.#budget.exhausted) {
      this.#word()
      this.#skip(/[^\S\n]/)
      if (this.#peekKeyword() === 'if') this.#word()
      found.push(...this.#statements('end'))
    }
    if (this.#peekKeyword() === 'end') this.#word()
    else this.broken = true
    return found
  }

  #for(redirects: FishRedirect[]): FishNode {
    this.#word()
    const [name, keyword, ...values] = this.#rest(redirects)
    if (name === undefined || keyword === undefined || constantOf(keyword) !== 'in') this.broken = true
    return { type: 'for', name: (name && constantOf(name)) ?? '', values, body: this.#body() }
  }

  #switch(redirects: FishRedirect[]): FishNode {
    this.#word()
    const words = [...this.#rest(redirects)]
    const cases: FishBody[] = []
    this.#skip(/[\s;]/)
    this.#comment()
    const stray = this.#statements('end')
    if (stray.length > 0) cases.push({ statements: stray, pos: this.#at, end: this.#at })
    while (this.#peekKeyword() === 'case' && !this.#budget.exhausted) {
      this.#word()
      words.push(...this.#rest(redirects))
      const pos = this.#at
      cases.push({ statements: this.#statements('end'), pos, end: this.#at })
    }
    if (this.#peekKeyword() === 'end') this.#word()
    else this.broken = true
    return { type: 'switch', words, cases }
  }

  /** The words up to the end of the statement; redirections go to their list. */
  #rest(redirects: FishRedirect[]): FishWord[] {
    const words: FishWord[] = []
    for (;;) {
      this.#skip(/[^\S\n]/)
      if (this.#atEnd() || this.#budget.exhausted) return words
      const redirect = this.#redirect()
      if (redirect !== null) redirects.push(redirect)
      else if (/[|)&]/.test(this.#text.charAt(this.#at)) || /^\d*>\|/.test(this.#text.slice(this.#at, this.#at + 8)))
        return words
      else words.push(this.#word())
    }
  }

  #redirect(): FishRedirect | null {
    const match = /^(?:(\d{0,9})(>>\?|>>|>\?|>&|>(?!\|)|<&|<\?|<)|&>>\?|&>>|&>\?|&>)/.exec(
      this.#text.slice(this.#at, this.#at + 14),
    )
    if (match === null) return null
    const [whole, digits = '', plain] = match
    const pos = this.#at
    this.#at += whole.length
    this.#skip(/[^\S\n]/)
    const target = this.#atEnd() || /[|&)<>]/.test(this.#text.charAt(this.#at)) ? null : this.#word()
    if (target === null) this.broken = true
    const operator = (plain ?? whole).replace('?', '')
    return { operator, fd: digits === '' ? null : Number(digits), target, pos, end: this.#at }
  }

  #word(): FishWord {
    const word = this.#words.read(this.#at)
    if (this.#words.broken) this.broken = true
    this.#at = word.end
    return word
  }

  /** The keyword here, if one is: quotes and escapes do not keep fish from seeing it. */
  #peekKeyword(): string | null {
    const next = this.#text.charCodeAt(this.#at)
    if (!(next > 32) || next === 41 || next === 124 || next === 38 || next === 60 || next === 62) return null
    // Most first words are plain letters, and no keyword is longer than eight.
    const plain = /^[a-z]+(?=[\s;|&<>()]|$)/.exec(this.#text.slice(this.#at, this.#at + 12))?.[0]
    if (plain !== undefined) return KEYWORDS.has(plain) ? plain : null
    if (!/^(?:!|[a-z]{0,8}["'\\])/.test(this.#text.slice(this.#at, this.#at + 12))) return null
    const word = this.#words.read(this.#at)
    const constant = constantOf(word)
    return constant !== null && KEYWORDS.has(constant) ? constant : null
  }

  /** Blanks of a kind, escaped line ends, and comments. */
  #skip(blank: RegExp): void {
    for (;;) {
      const next = this.#text.charAt(this.#at)
      if (next === '\\' && this.#text.charAt(this.#at + 1) === '\n') this.#at += 2
      else if (next === '#') this.#comment()
      else if (next !== '' && blank.test(next)) this.#at += 1
      else return
    }
  }

  #comment(): void {
    if (this.#text.charAt(this.#at) !== '#') return
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end === -1 ? this.#text.length : end
  }

  #atEnd(): boolean {
    const next = this.#text.charAt(this.#at)
    return next === '' || next === '\n' || next === ';'
  }
}

const KEYWORDS: ReadonlySet<string> = new Set(
  'begin end if else while for switch case function and or not ! time'.split(' '),
)

/** `A=b` in front of a command; the name and the sign must not be quoted. */
function assignmentOf(word: FishWord): FishAssignment | null {
  const [first, ...rest] = word.parts
  if (first?.type !== 'text' || first.quoted) return null
  const match = /^([A-Za-z_]\w*)=/.exec(first.text)
  if (match === null) return null
  const name = match[1] ?? ''
  const value = first.text.slice(match[0].length)
  const parts = value === '' ? rest : [{ ...first, text: value }, ...rest]
  return { name, value: { pos: word.pos, end: word.end, parts } }
}
