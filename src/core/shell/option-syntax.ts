import { ANALYSIS_NAME_CHARACTERS_MAX } from '../limits.ts'
import { ALIASES, SYNTAX } from './option-table.ts'

/** How one program reads its options. */
export type OptionSyntax = {
  /** Names that take a value, letters and long names alike. */
  readonly valued: ReadonlySet<string>
  /** Letters whose value is optional and attached: `-i.bak`. */
  readonly optional: ReadonlySet<string>
  /** Options that are followed by a whole command, up to `;` or `{} +`. */
  readonly commands: ReadonlySet<string>
  /** All long names, each between two newlines, when abbreviations are accepted; else empty. One text is read faster than many. */
  readonly names: string
  /** The first operand ends the options: what follows belongs to another command. */
  readonly stops: boolean
  /** Long options have one dash, letters are not clustered. */
  readonly single: boolean
  /** Operands are `name=value`. */
  readonly assigns: boolean
  /** The first argument may be a cluster without dash. */
  readonly bundles: boolean
  /** The first operand selects a syntax of its own, listed as `program operand`. */
  readonly subcommands: boolean
}

/** Programs whose operands are another command, unless said otherwise in `SYNTAX` without options that take a value. */
export const PLAIN_WRAPPERS: readonly string[] =
  'nice gnice nohup time stdbuf setsid ionice exec noglob nocorrect - busybox toybox systemd-run pkexec run0 caffeinate strace ltrace valgrind chronic unbuffer eatmydata proxychains proxychains4 torsocks torify fakeroot dbus-run-session xvfb-run setarch linux32 linux64 prlimit choom setpriv numactl rlwrap catchsegv cgexec firejail bwrap and or not begin entr dotenv tsocks trickle schedtool ccache distcc sem sshpass winpty wine arch dtruss'.split(
    ' ',
  )

/** The same, behind one operand of their own: `timeout 5 command`. */
export const WRAPPERS_WITH_OPERAND: readonly string[] =
  'timeout gtimeout taskset chrt repeat gosu su-exec setuidgid envdir faketime chpst softlimit lockf setlock'.split(' ')

/** By the line of the table, so that no command line can make it grow. */
const cache = new Map<string, OptionSyntax>()

/** The syntax of a program, or of a program and its subcommand (`git commit`); undefined when nobody described it. */
export function syntaxOf(program: string | null): OptionSyntax | undefined {
  if (program === null) return undefined
  const described = description(program) ?? description(canonicalName(program))
  if (described === undefined) return undefined
  const known = cache.get(described)
  if (known !== undefined) return known
  const syntax = parseSyntax(described)
  cache.set(described, syntax)
  return syntax
}

function description(program: string): string | undefined {
  return SYNTAX.get(program) ?? ALIASES.get(program) ?? (WRAPPERS.has(program) ? 'stops' : undefined)
}

/**
 * The name under which a program is described: without its version (`python3.12`), without the part behind a dot
 * (`mkfs.ext4`), and for the dynamic loader, which runs what it is given, `exec`.
 */
export function canonicalName(program: string): string {
  if (program.length > ANALYSIS_NAME_CHARACTERS_MAX) return program
  if (program.startsWith('ld-') && /^ld-(?:linux|musl)[\w.-]*\.so/.test(program)) return 'exec'
  if (program.startsWith('podman ')) return `docker ${program.slice(7)}`
  // Most have neither, and an expression costs more than looking.
  if (!program.includes('.') && !isDigit(program.charCodeAt(program.length - 1))) return program
  return program.replace(/(?:-?\d[\d.]*|\.[a-z]\w*)$/, '')
}

/** Reads one line of the table; `option-table.ts` says what it may hold. */
function parseSyntax(described: string): OptionSyntax {
  const valued = new Set<string>()
  const optional = new Set<string>()
  const commands = new Set<string>()
  const names = new Set<string>()
  const words = new Set<string>()
  for (const token of described.split(' ')) {
    if (!token.startsWith('-')) {
      words.add(token)
      continue
    }
    const dashes = token.startsWith('--') ? 2 : 1
    const last = token.charAt(token.length - 1)
    const name = last === '=' || last === '?' || last === ';' ? token.slice(dashes, -1) : token.slice(dashes)
    if (last === '=') valued.add(name)
    if (last === '?') optional.add(name)
    if (last === ';') commands.add(name)
    if (dashes === 2) names.add(name)
  }
  return {
    valued,
    optional,
    commands,
    names: words.has('abbrev') ? ['', ...names, ''].join('\n') : '',
    stops: words.has('stops'),
    single: words.has('single'),
    assigns: words.has('assigns'),
    bundles: words.has('bundles'),
    subcommands: words.has('sub'),
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

const WRAPPERS: ReadonlySet<string> = new Set([...PLAIN_WRAPPERS, ...WRAPPERS_WITH_OPERAND])
