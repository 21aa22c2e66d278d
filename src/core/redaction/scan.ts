/** One search for secrets in a text: by shape, behind names, by a program's conventions, in what is piped, in quoted text again. */

import { REDACTION_NESTING_MAX } from '../limits.ts'
import { classifyName, isPlaceholder, isSecretHeader, kindOfName, looksRandom } from './names.ts'
import { findPairs, findUrlPasswords, isMarker } from './pairs.ts'
import { findByProgram } from './programs.ts'
import { findShapes, type Found } from './shapes.ts'
import { quoteAt, rangeInLine, splitCommands, type ShellWord, type SimpleCommand } from './words.ts'

/** Ranges in `text`, in no order, possibly overlapping. Total and linear in `text` for each level of quoting. */
export function findSecrets(text: string, depth = 0): Found[] {
  const found: Found[] = findShapes(text)
  let feeder: SimpleCommand | null = null
  for (const command of splitCommands(text)) {
    searchCommand(command, command.piped ? feeder : null, depth, found)
    feeder = command
  }
  return found
}

function searchCommand(command: SimpleCommand, feeder: SimpleCommand | null, depth: number, found: Found[]): void {
  const { words } = command
  const report = (word: ShellWord, kind: string, from: number, to: number): void => {
    const value = word.text.slice(from, to)
    if (isMarker(value) || (isPlaceholder(value) && quoteAt(word, from) !== 'single')) return
    found.push({ kind, ...rangeInLine(word, from, to) })
  }
  const runsText = words.some(({ text }) => text === 'eval' || text === 'ssh' || text === 'su')
  let labelled = false
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    if (word === undefined) continue
    const isCommandText = runsText || /^-[a-z]{0,3}c$/.test(words[at - 1]?.text ?? '')
    for (const { kind, start, end } of findPairs(word, isCommandText)) report(word, kind, start, end)
    for (const { kind, start, end } of findUrlPasswords(word.text)) report(word, kind, start, end)
    searchAfterName(words, at, depth, report)
    labelled ||= searchLabelled(words, at, found)
    if (word.quoting !== null && NESTED.test(word.text)) searchNested(word, depth, found)
  }
  findByProgram(words, (word, from, to) => report(word, 'password', from, to))
  searchStandardInput(command, feeder, report)
}

type Report = (word: ShellWord, kind: string, from: number, to: number) => void

/** `--password X`, `X-Api-Key: X` without quotes around both, `$env:TOKEN = X`, `aws configure set aws_secret_access_key X`. */
function searchAfterName(words: readonly ShellWord[], at: number, depth: number, report: Report): void {
  const { text } = words[at] ?? { text: '' }
  if (text.length > NAME_WORD_UNITS_MAX) return
  const option = /^--?[A-Za-z]/.test(text)
  const label = text.endsWith(':')
  const name = label ? text.slice(0, -1) : text
  const nameClass = /[=\s]/.test(text) || (!label && /[:/]/.test(text)) ? classifyRegistryKey(text) : classifyName(name)
  if (nameClass === 'no') return
  const equals = words[at + 1]?.text === '=' || words[at + 1]?.text === ':='
  const value = words[at + (equals ? 2 : 1)]
  if (value === undefined || value.operator !== '') return
  if (option && (/^--?[a-z][a-z-]*$/.test(value.text) || /^(?:id|type|src|source)=/.test(value.text))) return
  if (nameClass === 'maybe' && !looksRandom(value.text)) return
  if (!(option || label || equals || namesByContext(words, at, value, depth))) return
  const scheme = /^(?:Bearer|Basic|Token|Digest|ApiKey)$/i.test(value.text) && isSecretHeader(name)
  const secret = scheme ? words[at + (equals ? 3 : 2)] : value
  if (secret !== undefined) report(secret, scheme ? value.text.toLowerCase() : kindOfName(name), 0, secret.text.length)
}

/** `password: my long phrase`, as configuration files have it: all that follows in the line. True when this word is such a label. */
function searchLabelled(words: readonly ShellWord[], at: number, found: Found[]): boolean {
  const { text } = words[at] ?? { text: '' }
  const first = words[at + 1]
  const last = words.at(-1)
  if (!text.endsWith(':') || first === undefined || last === undefined || words.length - at < 3) return false
  const name = text.slice(0, -1)
  if (classifyName(name) !== 'secret' || /[^A-Za-z0-9_.-]/.test(name)) return false
  const scheme = /^(?:Bearer|Basic|Token|Digest|ApiKey)$/i.test(first.text) && isSecretHeader(name)
  const from = scheme ? words[at + 2] : first
  if (from === undefined || words.slice(at + 1).some((word) => isMarker(word.text))) return true
  if (isPlaceholder(from.text) && from === last) return true
  found.push({ kind: scheme ? first.text.toLowerCase() : kindOfName(name), start: from.start, end: last.end })
  return true
}

/** `//registry.example.com/:_authToken` */
function classifyRegistryKey(text: string): ReturnType<typeof classifyName> {
  const colon = text.lastIndexOf(':')
  return text.startsWith('//') && colon > 0 ? classifyName(text.slice(colon + 1)) : 'no'
}

/** A bare name is followed by its value in `… set name value`, in netrc (`login u password x`) and in SQL (`PASSWORD 'x'`). */
function namesByContext(words: readonly ShellWord[], at: number, value: ShellWord, depth: number): boolean {
  for (let before = Math.max(0, at - CONTEXT_WORDS); before < at; before++) {
    const text = words[before]?.text.toLowerCase()
    if (text === 'set' || text === 'config' || text === 'login' || text === 'machine' || text === 'setx') return true
  }
  return depth > 0 && quoteAt(value, 0) !== 'bare'
}

/** `echo X | docker login --password-stdin`, `sudo -S <<< X`: the program says that its standard input is a secret. */
function searchStandardInput(command: SimpleCommand, feeder: SimpleCommand | null, report: Report): void {
  const { words } = command
  const last = words.at(-1)
  if (last === undefined || !words.slice(0, STDIN_WORDS).some(({ text }, at) => readsSecret(text, words, at))) return
  const withUser = words.slice(0, STDIN_WORDS).some(({ text }) => CHPASSWD.test(text))
  for (const word of words) if (word.operator === '<<<') reportPiped(word, withUser, report)
  const [echo, ...operands] = feeder?.words ?? []
  if (echo === undefined || !/^(?:.*\/)?(?:echo|printf|print|yes)$/.test(echo.text)) return
  for (const word of operands) {
    if (word.operator === '' && !/^(?:-[neEr]+|%s(?:\\n)?|--)$/.test(word.text)) reportPiped(word, withUser, report)
  }
}

/** The program that reads `user:password`. */
const CHPASSWD = /(?:^|\/)chpasswd$/

/** `user:password` keeps its user. */
function reportPiped(word: ShellWord, withUser: boolean, report: Report): void {
  const colon = withUser ? (/^[a-z_][a-z0-9_-]{0,31}:/.exec(word.text)?.[0].length ?? 0) : 0
  report(word, 'password', colon < word.text.length ? colon : 0, word.text.length)
}

function readsSecret(text: string, words: readonly ShellWord[], at: number): boolean {
  if (/^--(?:password|passphrase|token|secret|api-key)[a-z-]*-stdin$|^--with-token$/.test(text)) return true
  if (/(?:^|\/)(?:chpasswd|cryptsetup|smbpasswd|vncpasswd|gpg-preset-passphrase)$/.test(text)) return true
  if (/(?:^|\/)sudo$/.test(text)) return isFollowedBy(words, at, /^-[a-zA-Z]{0,6}S[a-zA-Z]{0,6}$|^--stdin$/)
  return /(?:^|\/)passwd$/.test(text) && isFollowedBy(words, at, /^--stdin$/)
}

function isFollowedBy(words: readonly ShellWord[], at: number, flag: RegExp): boolean {
  return words.slice(at + 1, at + STDIN_WORDS).some((word) => flag.test(word.text))
}

/** Quoted text may be a command line, a header or JSON of its own: it is read once more, without its quotes. */
function searchNested(word: ShellWord, depth: number, found: Found[]): void {
  if (depth >= REDACTION_NESTING_MAX) {
    if (!isMarker(word.text)) found.push({ kind: 'unscanned', ...rangeInLine(word, 0, word.text.length) })
    return
  }
  for (const { kind, start, end } of findSecrets(word.text, depth + 1)) {
    found.push({ kind, ...rangeInLine(word, start, end) })
  }
}

const NESTED = /[\s"'`;|&()<>\\]/
const NAME_WORD_UNITS_MAX = 256
const CONTEXT_WORDS = 6
const STDIN_WORDS = 32
