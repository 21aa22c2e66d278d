import type { ShellName, Word } from '../facts.ts'
import { decodeBase64Utf16 } from '../text-programs.ts'
import {
  input,
  isProcessSubstitution,
  isStandardInput,
  joinWords,
  NOTHING,
  script,
  withText,
  type Call,
  type Inner,
  type Opener,
} from './inner.ts'

/** `bash -c text name args…`, `bash <(…)`, `… | bash`. */
function shell({ program, flags, options, operands }: Call): readonly Inner[] {
  const name = shellNameOf(program)
  const [first] = operands
  // fish runs the texts of `-C` before anything else.
  const before =
    name === 'fish'
      ? options.flatMap(({ name: option, value }) =>
          option === 'C' || option === 'init-command' ? script(`${program} -C`, value, { shell: name }) : NOTHING,
        )
      : NOTHING
  if (flags.has('c') || flags.has('command')) {
    // bash takes the text from the first operand, fish from the option itself.
    const value = flags.get('command') ?? flags.get('c')
    const positionals = operands.slice(value == null ? 2 : 0)
    return [...before, ...script(`${program} -c`, value ?? first, { shell: name, positionals })]
  }
  const start = flags.get('rcfile') ?? flags.get('init-file')
  const early =
    start == null ? before : isProcessSubstitution(start) ? input(program, { shell: name, file: start }) : NOTHING
  if (first === undefined || flags.has('s') || isStandardInput(first))
    return [...early, ...input(program, { shell: name })]
  return isProcessSubstitution(first) ? [...early, ...input(program, { shell: name, file: first })] : early
}

function shellNameOf(program: string): ShellName {
  if (program === 'bash' || program === 'rbash') return 'bash'
  if (program === 'zsh' || program === 'rzsh') return 'zsh'
  return program === 'fish' ? 'fish' : 'sh'
}

/** `eval words…`: joined with blanks and read by this shell. */
function evaluate({ program, args }: Call): readonly Inner[] {
  return script(program, joinWords(args[0]?.text === '--' ? args.slice(1) : args), { process: 'same' })
}

/** `source <(…)`, `. /dev/stdin`. A plain file is what it is: another program's text on disk. */
function source({ program, operands }: Call): readonly Inner[] {
  const [file] = operands
  // fish reads standard input when no file is named.
  if (file === undefined || isStandardInput(file)) return input(program, { process: 'same' })
  return isProcessSubstitution(file) ? input(program, { process: 'same', file }) : NOTHING
}

/** `trap text SIGNAL…`; `-` and the empty text restore and ignore. */
function trap({ program, operands }: Call): readonly Inner[] {
  const [text] = operands
  if (text === undefined || operands.length < 2 || text.text === '-') return NOTHING
  return script(program, text, { process: 'same', later: true })
}

/** `alias name=text`: run whenever the name is typed later. */
function alias({ program, args }: Call): readonly Inner[] {
  return args.flatMap((word) => {
    const equals = word.text.indexOf('=')
    return equals <= 0
      ? NOTHING
      : script(program, withText(word, word.text.slice(equals + 1)), { partial: true, later: true })
  })
}

/** `mapfile -C text`. */
function mapfile({ program, flags }: Call): readonly Inner[] {
  return script(`${program} -C`, flags.get('C'), { partial: true })
}

/** `at now`, `batch`: commands on standard input. */
function later({ program, flags }: Call): readonly Inner[] {
  return flags.has('f') || flags.has('l') || flags.has('q') || flags.has('d') ? NOTHING : input(program)
}

/** `crontab -`: every line is five times and a command, or `@daily` and a command. */
function crontab({ program, operands }: Call): readonly Inner[] {
  if (!isStandardInput(operands[0]) && operands.length > 0) return NOTHING
  return input(program, {
    read: (code) =>
      code.text.split('\n').flatMap((line) => {
        const entry = /^\s*(?:@\w+|(?:[\d*/,\-A-Za-z]+\s+){4}[\d*/,\-A-Za-z]+)\s+(.+)$/.exec(line.slice(0, 4096))
        return script(program, entry === null ? null : withText(code, entry[1] ?? ''))
      }),
  })
}

/** `pwsh -Command text`, `-EncodedCommand base64`; names may be cut short and written in any case. */
function powershell({ program, args }: Call): readonly Inner[] {
  for (let index = 0; index < args.length; index += 1) {
    const { text } = args[index] as Word
    const option = /^[-/]([A-Za-z]+)$/.exec(text)?.[1]?.toLowerCase()
    if (text === '-') return input(program, { shell: 'powershell' })
    if (option === undefined) return text.startsWith('-') ? NOTHING : powershellText(program, args.slice(index))
    if ('command'.startsWith(option)) return powershellText(program, args.slice(index + 1))
    if (option === 'ec' || 'encodedcommand'.startsWith(option)) {
      const encoded = args[index + 1]
      if (encoded === undefined) return NOTHING
      const decoded = encoded.dynamic ? null : decodeBase64Utf16(encoded.text)
      return decoded === null
        ? [{ kind: 'unknown' }]
        : script(`${program} -EncodedCommand`, withText(encoded, decoded), { shell: 'powershell' })
    }
    if ('file'.startsWith(option)) return NOTHING
    if (!POWERSHELL_SWITCHES.has(option)) index += 1
  }
  return input(program, { shell: 'powershell' })
}

const POWERSHELL_SWITCHES: ReadonlySet<string> = new Set(
  'nologo nol noprofile nop noninteractive noni noexit noe login l interactive i mta sta'.split(' '),
)

function powershellText(program: string, words: readonly Word[]): readonly Inner[] {
  if (isStandardInput(words[0])) return input(program, { shell: 'powershell' })
  return script(`${program} -Command`, joinWords(words), { shell: 'powershell' })
}

/** Shells, and builtins that read text as commands. */
export const SHELLS: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ...'sh bash rbash zsh rzsh dash ash ksh ksh93 mksh fish yash posh'
    .split(' ')
    .map((name): [string, Opener] => [name, shell]),
  ...['pwsh', 'powershell', 'powershell.exe', 'pwsh.exe'].map((name): [string, Opener] => [name, powershell]),
  ['eval', evaluate],
  ['source', source],
  ['.', source],
  ['trap', trap],
  ['alias', alias],
  ['mapfile', mapfile],
  ['readarray', mapfile],
  ['at', later],
  ['batch', later],
  ['crontab', crontab],
])
