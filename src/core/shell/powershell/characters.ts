/** PowerShell takes typographic quotes and dashes for the plain ones. */
export function isSingleQuote(character: string): boolean {
  return character !== '' && "'\u2018\u2019\u201A\u201B".includes(character)
}

export function isDoubleQuote(character: string): boolean {
  return character !== '' && '"\u201C\u201D\u201E'.includes(character)
}

export function isDash(character: string): boolean {
  return character !== '' && '-\u2013\u2014\u2015'.includes(character)
}

/** Blanks within a line. */
export function isBlank(character: string): boolean {
  return character !== '' && character !== '\n' && character !== '\r' && /[\s\u0085]/.test(character)
}

/** What ends a bare word wherever it stands. */
export function endsBareWord(character: string): boolean {
  return character === '' || /[\s{}();,|&<>\u0085]/.test(character)
}

/** What may stand behind a statement. */
export function endsStatement(next: string): boolean {
  return next === '' || ';\n\r)}'.includes(next)
}

export function isQuote(character: string): boolean {
  return isSingleQuote(character) || isDoubleQuote(character)
}
