import { ANALYSIS_CODE_CALLS_MAX } from '../../limits.ts'
import { DYNAMIC, type Word } from '../facts.ts'
import {
  command,
  input,
  isProcessSubstitution,
  isStandardInput,
  NOTHING,
  script,
  UNREADABLE,
  withText,
  type Call,
  type Inner,
  type Opener,
} from './inner.ts'

/** How a language starts other programs, and how it runs text of its own. */
type Language = {
  /** Options that hold code. */
  readonly code: readonly string[]
  /** Functions whose first argument is shell text, or whose arguments are a program and its arguments. */
  readonly runs: RegExp
  /** Names so common that only a call with a literal is taken for one of these functions. */
  readonly mayRun: RegExp | null
  /** Functions that run text of the language, which nobody here can read. */
  readonly evaluates: RegExp | null
  /** Backticks, `qx{…}`, `%x(…)`: shell text between delimiters. */
  readonly backticks: boolean
}

const PYTHON: Language = {
  code: ['c'],
  runs: /\b(?:os\.system|os\.popen|popen[234]?|subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)|Popen|check_output|check_call|getoutput|system|(?:os\.)?(?:exec|spawn)[lv]p?e?|posix_spawnp?|pty\.spawn)\s*\(/g,
  mayRun: /\b(?:run|call)\s*\(\s*(?=[["'])/g,
  evaluates: /(?<![.\w])(?:exec|eval)\s*\((?!\s*(?:\)|\[|"\/|'\/))/,
  backticks: false,
}
const PERL: Language = {
  code: ['e', 'E'],
  runs: /\b(?:system|exec|readpipe)\b\s*\(?/g,
  mayRun: null,
  evaluates: /\beval\s*(?:\(|\$|["'])/,
  backticks: true,
}
const RUBY: Language = {
  code: ['e'],
  runs: /\b(?:system|exec|spawn|IO\.popen|popen[23]?|capture[23]e?)\b\s*\(?/g,
  mayRun: null,
  evaluates: /\b(?:eval|instance_eval|class_eval)\b\s*\(?/,
  backticks: true,
}
const NODE: Language = {
  code: ['e', 'eval', 'p', 'print', 'pe', 'ep'],
  // `exec` is a method of regular expressions too.
  runs: /\b(?:execSync|execFileSync|execFile|spawnSync|spawn)\s*\(|(?:\bchild_process["'`]?\)?|\bcp)\.exec\s*\(|(?<![.\w])exec\s*\(/g,
  mayRun: null,
  evaluates: /(?<![.\w])(?:eval|Function)\s*\(/,
  backticks: false,
}
const PHP: Language = {
  code: ['r', 'B', 'R', 'E'],
  runs: /\b(?:system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)\s*\(/g,
  mayRun: null,
  evaluates: /\b(?:eval|assert)\s*\(/,
  backticks: true,
}
const LUA: Language = {
  code: ['e'],
  runs: /\b(?:os\.execute|io\.popen)\s*\(?/g,
  mayRun: null,
  evaluates: /\b(?:loadstring|load)\s*\(/,
  backticks: false,
}
const TCL: Language = { code: [], runs: /\bexec\s+/g, mayRun: null, evaluates: /\beval\s/, backticks: false }
const APPLESCRIPT: Language = {
  code: ['e'],
  runs: /\bdo shell script\s+/g,
  mayRun: null,
  evaluates: /\brun script\b/,
  backticks: false,
}

/** An interpreter with its code in an option, on standard input, or in a process substitution. */
function interpreter(language: Language): Opener {
  return ({ program, options, operands, flags }) => {
    const inline = options.flatMap(({ name, value }) =>
      value !== null && language.code.includes(name) ? readCode(`${program} -${name}`, value, language) : NOTHING,
    )
    if (options.some(({ name }) => language.code.includes(name)) || flags.has('m')) return inline
    const [file] = operands
    const read = (code: Word): readonly Inner[] => readCode(program, code, language)
    if (file === undefined || isStandardInput(file)) return input(program, { read })
    return isProcessSubstitution(file) ? input(program, { read, file }) : NOTHING
  }
}

/** Finds what a piece of code starts. Literals only: a call with anything else in it is code nobody can read beforehand. */
function readCode(label: string, code: Word, language: Language): readonly Inner[] {
  const { text } = code
  if (text.replaceAll(DYNAMIC, '').trim() === '') return text === '' ? NOTHING : UNREADABLE
  const inner: Inner[] = []
  let unreadable = language.evaluates !== null && language.evaluates.test(text)
  for (const literals of callsOf(language.runs, text)) {
    if (literals === null) unreadable = true
    else inner.push(...started(label, literals, code))
  }
  if (language.mayRun !== null) {
    for (const literals of callsOf(language.mayRun, text))
      if (literals !== null) inner.push(...started(label, literals, code))
  }
  if (language.backticks) for (const piece of quotedCommands(text)) inner.push(...script(label, withText(code, piece)))
  return unreadable ? [...inner, ...UNREADABLE] : inner
}

/** The literals of each call that the pattern finds; null for one with anything else in it. */
function callsOf(pattern: RegExp, text: string): readonly (readonly string[] | null)[] {
  const found: (readonly string[] | null)[] = []
  for (const match of text.matchAll(pattern)) {
    if (found.length >= ANALYSIS_CODE_CALLS_MAX) break
    found.push(argumentLiterals(text, match.index + match[0].length))
  }
  return found
}

/** One literal is shell text; several are a program and its arguments. */
function started(label: string, literals: readonly string[], code: Word): readonly Inner[] {
  const [first, ...rest] = literals
  if (first === undefined) return NOTHING
  if (rest.length === 0) return script(label, withText(code, first))
  // `execlp("rm", "rm", …)` names the program twice.
  const argv = rest[0] === first ? rest : literals
  return command(
    label,
    argv.map((text) => withText(code, text)),
  )
}

/**
 * The string literals of a call, whether in a list or not: `"rm -rf /"`, `["rm", "-rf"]`, `"rm", ["-rf"]`. Empty for a call
 * without a string at its start (a function of the same name); null when something else is mixed in.
 */
function argumentLiterals(text: string, from: number): readonly string[] | null {
  const literals: string[] = []
  let index = from
  while (index < text.length && literals.length < 64) {
    const character = text.charAt(index)
    if (/[\s,[\](]/.test(character)) {
      index += 1
      continue
    }
    const literal = literalAt(text, index)
    if (literal === null) break
    literals.push(literal.value)
    index = literal.end
    // The end of a list ends the program's arguments: what follows are options of the call.
    if (/^\s*\]/.test(text.slice(index, index + 16))) return literals
  }
  const rest = text.slice(index, index + 64)
  if (literals.length === 0)
    return /^[)\s;]*$/.test(rest.slice(0, 1)) ? literals : /^[\w$@(*]/.test(rest) ? null : literals
  // `shell=True`, `{ stdio: … }`, the closing parenthesis or the end of the statement.
  return /^\s*(?:\)|;|$|\}|\w+\s*=|\{|\||\n|"|'|#|else\b|if\b|or\b|and\b|unless\b|do\b|function\b|\()/.test(rest)
    ? literals
    : null
}

type Literal = { readonly value: string; readonly end: number }

function literalAt(text: string, index: number): Literal | null {
  const prefix = /^(?:[rbuf]{0,2})(?="|')/i.exec(text.slice(index, index + 3))
  const start = index + (prefix === null ? 0 : prefix[0].length)
  const quote = text.charAt(start)
  if (quote !== '"' && quote !== "'" && quote !== '`') return null
  const triple = quote.repeat(3)
  const closing = text.startsWith(triple, start) ? triple : quote
  let value = ''
  for (let at = start + closing.length; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === '\\') {
      at += 1
      const next = text.charAt(at)
      value += next === 'n' ? '\n' : next === 't' ? '\t' : next
    } else if (text.startsWith(closing, at)) return { value, end: at + closing.length }
    else value += character
  }
  return null
}

/** `` `text` ``, `qx{text}`, `%x(text)`. */
function quotedCommands(text: string): readonly string[] {
  const found: string[] = []
  const pattern = /`([^`]{1,4096})`|\bqx\s*[{(/|[]([^})/|\]]{1,512})[})/|\]]|%x\s*[{([|]([^})\]|]{1,512})[})\]|]/g
  for (let count = 0; count < ANALYSIS_CODE_CALLS_MAX; count += 1) {
    const match = pattern.exec(text)
    if (match === null) break
    found.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return found
}

/** `awk 'BEGIN { system("rm") }'`, `"cmd" | getline`, `print | "sh"`. */
function awk({ program, operands, flags }: Call): readonly Inner[] {
  const code = flags.get('e') ?? flags.get('source') ?? (flags.has('f') || flags.has('file') ? undefined : operands[0])
  if (code === undefined || code === null) return NOTHING
  const inner: Inner[] = []
  const pattern =
    /\bsystem\s*\(\s*(?:"((?:[^"\\]|\\.){0,4096})"\s*\)?)?|"((?:[^"\\]|\\.){1,4096})"\s*\|&?\s*getline|\|&?\s*"((?:[^"\\]|\\.){1,4096})"/g
  for (let count = 0; count < ANALYSIS_CODE_CALLS_MAX; count += 1) {
    const match = pattern.exec(code.text)
    if (match === null) break
    const text = match[1] ?? match[2] ?? match[3]
    inner.push(...(text === undefined ? UNREADABLE : script(program, withText(code, text.replaceAll(/\\(.)/gs, '$1')))))
  }
  return inner
}

/** `sed '1e rm'`, `sed 's/x/rm/e'`. */
function sed({ program, options, operands }: Call): readonly Inner[] {
  const scripts = options.flatMap(({ name, value }) =>
    value !== null && (name === 'e' || name === 'expression') ? [value] : [],
  )
  const [first] = operands
  if (scripts.length === 0 && first !== undefined && !options.some(({ name }) => name === 'f' || name === 'file'))
    scripts.push(first)
  return scripts.flatMap((word) => {
    const executed = /^[ \t]*(?:\d+|\$|\/[^/\n]{0,256}\/)?[ \t]*e[ \t]+(.{1,4096})$/m.exec(word.text)
    if (executed !== null) return script(program, withText(word, executed[1] ?? ''))
    const replaced = /^\s*(?:\d+|\$)?\s*s([^\w\s\\])(?:(?!\1).){0,1024}\1((?:(?!\1).){0,1024})\1[gpiIm\d]*e/.exec(
      word.text,
    )
    return replaced === null ? NOTHING : script(program, withText(word, replaced[2] ?? ''))
  })
}

/** `vim -c ':!rm'`, `+!rm`. */
function vim({ program, options, args }: Call): readonly Inner[] {
  const commands = [
    ...options.flatMap(({ name, value }) => (value !== null && (name === 'c' || name === 'cmd') ? [value] : [])),
    ...args.filter(({ text }) => text.startsWith('+')).map((word) => withText(word, word.text.slice(1))),
  ]
  return commands.flatMap((word) => {
    const shell = /^[\s:]*(?:silent!?\s+)?(?:%|\d+,\d+|r\s*)?!\s*(.{1,4096})$/s.exec(word.text)
    const called = shell === null ? /system\(\s*(["'])(.{1,512}?)\1\s*\)/s.exec(word.text) : null
    const text = shell?.[1] ?? called?.[2]
    return text === undefined ? NOTHING : script(program, withText(word, text))
  })
}

/** Programs of other languages, and what their code starts. */
export const INTERPRETERS: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ...'python python2 python3 pypy pypy3 ipython ipython3'
    .split(' ')
    .map((name): [string, Opener] => [name, interpreter(PYTHON)]),
  ['perl', interpreter(PERL)],
  ['ruby', interpreter(RUBY)],
  ...'node nodejs bun deno'.split(' ').map((name): [string, Opener] => [name, interpreter(NODE)]),
  ['php', interpreter(PHP)],
  ['lua', interpreter(LUA)],
  ['luajit', interpreter(LUA)],
  ['tclsh', interpreter(TCL)],
  ['expect', ({ program, flags }) => script(`${program} -c`, spawned(flags.get('c')), { partial: true })],
  ['osascript', interpreter(APPLESCRIPT)],
  ...'awk gawk mawk nawk'.split(' ').map((name): [string, Opener] => [name, awk]),
  ['sed', sed],
  ['gsed', sed],
  ...'vim vi nvim ex view'.split(' ').map((name): [string, Opener] => [name, vim]),
])

/** `expect -c 'spawn rm'`. */
function spawned(word: Word | null | undefined): Word | null {
  const match = word == null ? null : /\b(?:spawn|exec|system)\s+([^;\n}]{1,4096})/.exec(word.text)
  return word == null || match === null ? null : withText(word, match[1] ?? '')
}
