import type { ParsedOptions } from './options.ts'
import type { ShellName, Word } from './facts.ts'

/** A command with its arguments told apart, as far as opening it needs. */
export type Call = ParsedOptions & {
  readonly program: string
  readonly args: readonly Word[]
}

/** What a command makes run. */
export type Inner =
  | {
      /** Another program with its arguments. */
      readonly kind: 'command'
      readonly label: string
      readonly argv: readonly Word[]
      readonly env: ReadonlyMap<string, Word> | null
      /** `same`: the wrapper's directory; a word: that directory; null: another machine, container or root. */
      readonly cwd: 'same' | Word | null
    }
  | {
      /** Text that a shell reads. `same`: by this very process, whose variables it sees and changes. */
      readonly kind: 'script'
      readonly label: string
      readonly text: Word
      readonly process: 'same' | 'child' | 'elsewhere'
      readonly shell: ShellName | null
      readonly positionals: readonly Word[] | null
    }
  | {
      /** The program is read from standard input. */
      readonly kind: 'stdin'
      readonly label: string
      readonly shell: ShellName | null
    }
  | {
      /** Code that cannot be read before it runs. */
      readonly kind: 'unknown'
    }

const NOTHING: readonly Inner[] = []

/** What the command runs besides itself; empty for most. */
export function unwrap(call: Call): readonly Inner[] {
  const opener = OPENERS.get(call.program)
  return opener === undefined ? NOTHING : opener(call)
}

type Opener = (call: Call) => readonly Inner[]

/** A wrapper whose operands, after `skip` of its own, are the command. */
function prefix(skip: number): Opener {
  return (call) => command(call, call.program, call.operands.slice(skip))
}

function command(
  _call: Call,
  label: string,
  argv: readonly Word[],
  more: Partial<Inner & { kind: 'command' }> = {},
): readonly Inner[] {
  if (argv.length === 0) return NOTHING
  return [{ kind: 'command', label, argv, env: null, cwd: 'same', ...more }]
}

const ASSIGNMENT = /^[A-Za-z_]\w*=/

/** Takes leading `NAME=value` words off. */
function withoutAssignments(words: readonly Word[]): { argv: readonly Word[]; env: ReadonlyMap<string, Word> | null } {
  let count = 0
  while (count < words.length && ASSIGNMENT.test(words[count]?.text ?? '')) count += 1
  if (count === 0) return { argv: words, env: null }
  const env = new Map<string, Word>()
  for (const word of words.slice(0, count)) {
    const equals = word.text.indexOf('=')
    env.set(word.text.slice(0, equals), { ...word, text: word.text.slice(equals + 1) })
  }
  return { argv: words.slice(count), env }
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

function environment(call: Call): readonly Inner[] {
  const { argv, env: set } = withoutAssignments(call.operands)
  const directory = call.flags.get('C') ?? call.flags.get('chdir') ?? null
  return command(call, call.program, argv, { env: set, cwd: directory ?? 'same' })
}

/** `bash -c text name args…`, `bash script`, `… | bash`. */
function shell(call: Call): readonly Inner[] {
  const { program, flags, operands } = call
  const name = shellNameOf(program)
  if (flags.has('c') || flags.has('command')) {
    const text = flags.get('command') ?? flags.get('c') ?? operands[0]
    if (text === undefined) return NOTHING
    const positionals = operands.slice(flags.get('c') == null && flags.get('command') == null ? 2 : 0)
    return [{ kind: 'script', label: `${program} -c`, text, process: 'child', shell: name, positionals }]
  }
  const first = operands[0]
  if (first === undefined || flags.has('s') || first.text === '-')
    return [{ kind: 'stdin', label: program, shell: name }]
  return NOTHING
}

function shellNameOf(program: string): ShellName | null {
  if (program === 'bash' || program === 'rbash') return 'bash'
  if (program === 'zsh' || program === 'fish') return program
  return program === 'pwsh' || program === 'powershell' ? 'powershell' : 'sh'
}

function evaluate(call: Call): readonly Inner[] {
  const words = call.args[0]?.text === '--' ? call.args.slice(1) : call.args
  const text = joinWords(words)
  if (text === null) return NOTHING
  return [{ kind: 'script', label: call.program, text, process: 'same', shell: null, positionals: null }]
}

const OPENERS: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ['sudo', environment],
  ['doas', environment],
  ['env', environment],
  ['nice', prefix(0)],
  ['nohup', prefix(0)],
  ['timeout', prefix(1)],
  ['time', prefix(0)],
  ['command', prefix(0)],
  ['builtin', prefix(0)],
  ['exec', prefix(0)],
  ['setsid', prefix(0)],
  ['stdbuf', prefix(0)],
  ['ionice', prefix(0)],
  ['bash', shell],
  ['sh', shell],
  ['zsh', shell],
  ['dash', shell],
  ['ksh', shell],
  ['ash', shell],
  ['mksh', shell],
  ['fish', shell],
  ['eval', evaluate],
])
