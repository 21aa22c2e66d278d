import type { Word } from '../facts.ts'
import {
  command,
  joinWords,
  NOTHING,
  script,
  UNREADABLE,
  withText,
  type Call,
  type Inner,
  type Opener,
} from './inner.ts'

/** git settings whose value is a command. */
const GIT_COMMAND_SETTINGS =
  /^(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass|hookspath|gitproxy|alternaterefscommand)|pager\.[^=]+|sequence\.editor|diff\.external|diff\.[^=]+\.(?:command|textconv)|difftool\.[^=]+\.cmd|mergetool\.[^=]+\.cmd|merge\.[^=]+\.driver|filter\.[^=]+\.(?:clean|smudge|process)|credential(?:\.[^=]+)?\.helper|gpg(?:\.[^=]+)?\.program|uploadpack\.packobjectshook|interactive\.difffilter|sendemail\.(?:smtpserver|sendmailcmd))$/i

/** `git -c alias.x='!rm'`, `git bisect run`, `git submodule foreach`, `git rebase -x`. */
function git({ program, options, operands, args }: Call): readonly Inner[] {
  const inner = options.flatMap(({ name, value }) => {
    if (value === null) return NOTHING
    if (name === 'c' || name === 'config') return gitSetting(`${program} -c`, value)
    if (name === 'upload-pack' || name === 'receive-pack' || name === 'exec' || name === 'x')
      return script(`${program} --${name}`, value)
    if (name.endsWith('-filter') && operands[0]?.text === 'filter-branch') return script(`${program} --${name}`, value)
    return name === 'O' && operands[0]?.text === 'grep' ? script(`${program} grep -O`, value) : NOTHING
  })
  const [sub, first, second] = operands
  if (sub?.text === 'bisect' && first?.text === 'run')
    return [...inner, ...command(`${program} bisect run`, operands.slice(2))]
  if (sub?.text === 'submodule' && first?.text === 'foreach') {
    const at = args.findIndex(({ text }) => text === 'foreach')
    const words = args.slice(at + 1).filter(({ text }, index) => index > 0 || text !== '--recursive')
    return [...inner, ...script(`${program} submodule foreach`, joinWords(words))]
  }
  if (sub?.text === 'config' && first !== undefined && second !== undefined) {
    inner.push(...gitSetting(`${program} config`, withText(second, `${first.text}=${second.text}`)))
  }
  // `ext::` is a transport that runs what follows it.
  for (const word of operands) {
    if (word.text.startsWith('ext::')) inner.push(...script(`${program} ext`, withText(word, word.text.slice(5))))
  }
  return inner
}

function gitSetting(label: string, word: Word): readonly Inner[] {
  const equals = word.text.indexOf('=')
  if (equals === -1) return NOTHING
  const name = word.text.slice(0, equals)
  const value = word.text.slice(equals + 1)
  if (/^alias\./i.test(name)) return value.startsWith('!') ? script(label, withText(word, value.slice(1))) : NOTHING
  if (!GIT_COMMAND_SETTINGS.test(name) || value === '') return NOTHING
  // A credential helper is a short name unless it begins with `!` or `/`.
  if (/helper$/i.test(name) && !/^[!/]/.test(value)) return NOTHING
  return script(label, withText(word, value.replace(/^!/, '')))
}

/** `tar --checkpoint-action=exec=text`, `--to-command=text`, `-I text`. */
function tar({ program, options }: Call): readonly Inner[] {
  return options.flatMap(({ name, value }) => {
    if (value === null) return NOTHING
    if (name === 'checkpoint-action') {
      return value.text.startsWith('exec=')
        ? script(`${program} --${name}`, withText(value, value.text.slice(5)))
        : NOTHING
    }
    return TAR_COMMANDS.has(name) ? script(`${program} --${name}`, value) : NOTHING
  })
}

const TAR_COMMANDS: ReadonlySet<string> = new Set(
  'to-command use-compress-program I rsh-command info-script new-volume-script F'.split(' '),
)

/** Options whose value is a command, for programs that have a few of them. */
function optionsThatRun(...names: readonly string[]): Opener {
  return ({ program, options }) =>
    options.flatMap(({ name, value }) =>
      names.includes(name) ? script(`${program} ${name.length === 1 ? '-' : '--'}${name}`, value) : NOTHING,
    )
}

/** `nc -e /bin/sh`, `ncat --sh-exec text`. */
function netcat({ program, options }: Call): readonly Inner[] {
  return options.flatMap(({ name, value }) => {
    if (value === null) return NOTHING
    return name === 'e' || name === 'c' || name === 'exec' || name === 'sh-exec'
      ? script(`${program} -${name}`, value)
      : NOTHING
  })
}

/** `socat TCP:… EXEC:'/bin/sh'`. */
function socat({ program, operands }: Call): readonly Inner[] {
  return operands.flatMap((word) => {
    const match = /^(?:EXEC|SYSTEM|SHELL)[:]("?)(.+)$/is.exec(word.text)
    if (match === null) return NOTHING
    const text = match[1] === '"' ? (match[2] ?? '').split('"')[0] : (match[2] ?? '').split(/,(?=[a-z]+(?:=|,|$))/i)[0]
    return script(program, withText(word, text ?? ''))
  })
}

/** `make --eval=…` and recipes on standard input are makefile text, which is not read here. */
function make({ flags }: Call): readonly Inner[] {
  const file = flags.get('f') ?? flags.get('file') ?? flags.get('makefile')
  return flags.has('eval') || flags.has('E') || file?.text === '-' || file?.text.startsWith('/dev/fd/') === true
    ? UNREADABLE
    : NOTHING
}

/** `psql -c '\! rm'`, `mysql -e 'system rm'`, `sqlite3 x '.shell rm'`. */
function database({ program, options, operands }: Call): readonly Inner[] {
  const words = [...options.flatMap(({ value }) => (value === null ? [] : [value])), ...operands]
  return words.flatMap((word) => {
    const match = /(?:^|[;\n]|\\g)[ \t]*(?:\\!|system\s|\.(?:shell|system)\s)[ \t]*([^\n;]{1,4096})/i.exec(word.text)
    return match === null ? NOTHING : script(program, withText(word, match[1] ?? ''))
  })
}

/** `COPY … FROM PROGRAM 'rm'` of PostgreSQL runs on the server. */
function psql(call: Call): readonly Inner[] {
  const inner = database(call).slice()
  for (const { value } of call.options) {
    const match = value === null ? null : /\bPROGRAM\s+'((?:[^']|''){1,4096})'/i.exec(value.text)
    if (match !== null && value !== null)
      inner.push(...script(`${call.program} PROGRAM`, withText(value, match[1] ?? '')))
  }
  return inner
}

/** Programs that are no wrappers but have an option that runs something. */
export const OPTIONS_THAT_RUN: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ['git', git],
  ['tar', tar],
  ['gtar', tar],
  ['bsdtar', tar],
  ['rsync', optionsThatRun('e', 'rsh', 'rsync-path')],
  ['scp', optionsThatRun('S')],
  ['sftp', optionsThatRun('S')],
  ['zip', optionsThatRun('TT', 'unzip-command')],
  ['sort', optionsThatRun('compress-program')],
  ['split', optionsThatRun('filter')],
  ['rg', optionsThatRun('pre')],
  ['man', optionsThatRun('P', 'pager')],
  ['wget', optionsThatRun('use-askpass')],
  ['nc', netcat],
  ['ncat', netcat],
  ['netcat', netcat],
  ['nc.traditional', netcat],
  ['socat', socat],
  ['make', make],
  ['gmake', make],
  ['psql', psql],
  ['mysql', database],
  ['mariadb', database],
  ['sqlite3', database],
  ['nodemon', optionsThatRun('exec', 'x')],
  ['watchexec', ({ program, operands }) => command(program, operands)],
  ['complete', optionsThatRun('C')],
  ['compgen', optionsThatRun('C')],
])
