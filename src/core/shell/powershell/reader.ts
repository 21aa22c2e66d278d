import type { Budget } from '../budget.ts'
import { isBlank } from './characters.ts'
import type { PsStatement } from './syntax.ts'

/** Where reading a text has got to. */
export class PsReader {
  readonly text: string
  readonly budget: Budget
  /** Reads statements up to a closing character, or to the end; held here since statements and expressions hold each other. */
  readonly statements: (reader: PsReader, until: string) => readonly PsStatement[]
  at = 0
  broken = false

  constructor(text: string, budget: Budget, statements: PsReader['statements']) {
    this.text = text
    this.budget = budget
    this.statements = statements
  }

  get next(): string {
    return this.text.charAt(this.at)
  }

  peek(distance: number): string {
    return this.text.charAt(this.at + distance)
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  /** A match of a sticky pattern here; it is not passed over. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    return pattern.exec(this.text)
  }

  /** Passes over a text if it is here. */
  take(text: string): boolean {
    if (!this.startsWith(text)) return false
    this.at += text.length
    return true
  }

  /** Passes over what must be here. */
  expect(text: string): void {
    if (!this.take(text)) this.broken = true
  }

  /** Blanks, escaped line ends and comments; line ends too when asked for. */
  skip(lines = false): void {
    for (;;) {
      const { next } = this
      if (isBlank(next) || (lines && (next === '\n' || next === '\r'))) this.at += 1
      else if (next === '`' && (this.peek(1) === '\n' || this.peek(1) === '\r')) {
        this.at += this.peek(1) === '\r' && this.peek(2) === '\n' ? 3 : 2
      } else if (next === '#') {
        const end = this.text.indexOf('\n', this.at)
        this.at = end === -1 ? this.text.length : end
      } else if (next === '<' && this.peek(1) === '#') {
        const end = this.text.indexOf('#>', this.at + 2)
        if (end === -1) this.broken = true
        this.at = end === -1 ? this.text.length : end + 2
      } else return
    }
  }

  /** Statements in brackets of their own, from behind the opening one. */
  nested(close: string): readonly PsStatement[] {
    const found = this.statements(this, close)
    this.expect(close)
    return found
  }
}
