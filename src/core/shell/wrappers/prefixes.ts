import type { Word } from '../facts.ts'
import { PLAIN_WRAPPERS, WRAPPERS_WITH_OPERAND } from '../option-syntax.ts'
import {
  command,
  input,
  joinWords,
  NOTHING,
  script,
  withoutAssignments,
  withText,
  type Call,
  type Inner,
  type Opener,
} from './inner.ts'

/** A wrapper whose operands, after `skip` of its own, are the command. */
function prefix(skip: number): Opener {
  return ({ program, operands }) => command(program, operands.slice(skip))
}

/** A wrapper that changes the root, the machine or the namespace: the directory is another one. */
function elsewhere(skip: number): Opener {
  return ({ program, operands }) => command(program, operands.slice(skip), { cwd: null })
}

/** `tool sub … command`: only behind the named subcommand; `skip` counts the operands after it that are the tool's own. */
function behind(subcommands: Readonly<Record<string, number>>): Opener {
  return ({ program, operands }) => {
    const sub = operands[0]?.text ?? ''
    const skip = Object.hasOwn(subcommands, sub) ? subcommands[sub] : undefined
    return skip === undefined ? NOTHING : command(`${program} ${sub}`, operands.slice(1 + skip))
  }
}

/** `sudo`, `doas`, `env`: options, assignments, command. */
function environment({ program, flags, operands }: Call): readonly Inner[] {
  // `sudo -e file` edits, `-l` and `-v` only ask.
  if (program === 'sudo' && (flags.has('e') || flags.has('edit'))) return NOTHING
  const { argv, env } = withoutAssignments(operands[0]?.text === '-' ? operands.slice(1) : operands)
  const split = program === 'env' ? (flags.get('S') ?? flags.get('split-string')) : null
  const directory = program === 'env' ? (flags.get('C') ?? flags.get('chdir')) : (flags.get('D') ?? flags.get('chdir'))
  const all = split == null ? argv : [...splitWords(split), ...argv]
  const inner = split == null ? { argv: all, env } : withoutAssignments(all)
  // `sudo -s` and `sudo -i` alone are shells, which read what is piped in.
  if (inner.argv.length === 0 && ['s', 'i', 'shell', 'login'].some((name) => flags.has(name)))
    return program === 'env' ? NOTHING : input(program)
  return command(program, inner.argv, { env: inner.env, cwd: directory ?? 'same' })
}

/** `env -S 'rm -rf /'`: blanks separate, quotes are dropped. */
function splitWords(word: Word): readonly Word[] {
  return (word.text.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []).map((text) =>
    withText(word, text.replaceAll(/['"]/g, '')),
  )
}

/** `command -v x` only asks. */
function commandBuiltin({ program, flags, operands }: Call): readonly Inner[] {
  return flags.has('v') || flags.has('V') ? NOTHING : command(program, operands)
}

/** `flock file command`, `flock file -c text`. */
function flock({ program, flags, operands }: Call): readonly Inner[] {
  const text = flags.get('c') ?? flags.get('command')
  if (text != null) return script(`${program} -c`, text)
  const [, second, third] = operands
  if (second?.text === '-c' || second?.text === '--command') return script(`${program} -c`, third)
  return command(program, operands.slice(1))
}

/** `su user -c text`, `runuser -u user command`. */
function substituteUser({ program, flags, operands, args }: Call): readonly Inner[] {
  const text = flags.get('c') ?? flags.get('command') ?? flags.get('session-command') ?? trailing(args, '-c')
  if (text != null) return script(`${program} -c`, text)
  return program === 'runuser' && flags.has('u') ? command(program, operands) : input(program)
}

/** The argument after an option, for programs that read options behind operands too. */
function trailing(args: readonly Word[], option: string): Word | undefined {
  const at = args.findIndex(({ text }) => text === option)
  return at === -1 ? undefined : args[at + 1]
}

/** `script -c text`, and the BSD form `script file command`. */
function typescript({ program, flags, operands }: Call): readonly Inner[] {
  const text = flags.get('c') ?? flags.get('command')
  return text == null ? command(program, operands.slice(1)) : script(`${program} -c`, text)
}

/** `watch 'text'`, `watch -x command`. */
function watch({ program, flags, operands }: Call): readonly Inner[] {
  return flags.has('x') || flags.has('exec') ? command(program, operands) : script(program, joinWords(operands))
}

/** `hyperfine 'a' 'b'`: every operand is a text. */
function texts({ program, operands }: Call): readonly Inner[] {
  return operands.flatMap((word) => script(program, word))
}

/** `npx -c text`; without it the operand is a package, which is a program of that name. */
function packageRunner({ program, flags, operands }: Call): readonly Inner[] {
  const call = flags.get('c') ?? flags.get('call')
  return call == null ? command(program, operands) : script(`${program} -c`, call)
}

function npm({ program, flags, operands }: Call): readonly Inner[] {
  const sub = operands[0]?.text
  if (sub !== 'exec' && sub !== 'x') return NOTHING
  const call = flags.get('c') ?? flags.get('call')
  return call == null ? command(`${program} exec`, operands.slice(1)) : script(`${program} exec -c`, call)
}

/** `nix-shell --run text`, `nix develop -c command`. */
function nixShell({ program, args }: Call): readonly Inner[] {
  const run = trailing(args, '--run') ?? trailing(args, '--command')
  return script(`${program} --run`, run)
}

function nix({ program, args }: Call): readonly Inner[] {
  const at = args.findIndex(({ text: word }) => word === '-c' || word === '--command')
  return at === -1 ? NOTHING : command(`${program} -c`, args.slice(at + 1))
}

/** `capsh … -- -c text`, `emulate sh -c text`. */
function capsh({ program, args }: Call): readonly Inner[] {
  return script(`${program} -c`, trailing(args, '-c'))
}

/** `gdb --args program …`. */
function gdb({ program, args }: Call): readonly Inner[] {
  const at = args.findIndex(({ text: word }) => word === '--args')
  return at === -1 ? NOTHING : command(program, args.slice(at + 1))
}

/** `hash -p /tmp/x rm`, `enable -f`: nothing runs yet. `bind -x '"\C-x":text'` binds a text to a key. */
function bindKey({ program, args }: Call): readonly Inner[] {
  const bound = trailing(args, '-x')
  if (bound === undefined) return NOTHING
  return script(program, withText(bound, bound.text.replace(/^\s*"[^"]*"\s*:?\s*/, '').replaceAll(/^"|"$/g, '')))
}

/** Commands that run another command given as words. */
export const PREFIXES: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ...(['sudo', 'doas', 'env', 'genv'] as const).map((name): [string, Opener] => [name, environment]),
  ...PLAIN_WRAPPERS.map((name): [string, Opener] => [name, prefix(0)]),
  ...WRAPPERS_WITH_OPERAND.map((name): [string, Opener] => [name, prefix(1)]),
  ['chroot', elsewhere(1)],
  ['nsenter', elsewhere(0)],
  ['unshare', prefix(0)],
  ['systemd-nspawn', elsewhere(0)],
  ['command', commandBuiltin],
  ['builtin', commandBuiltin],
  ['flock', flock],
  ['su', substituteUser],
  ['runuser', substituteUser],
  ['sg', ({ program, operands, args }) => script(program, trailing(args, '-c') ?? operands[1])],
  ['script', typescript],
  ['watch', watch],
  ['hyperfine', texts],
  ['npx', packageRunner],
  ['bunx', packageRunner],
  ['npm', npm],
  ['nix-shell', nixShell],
  ['nix', nix],
  ['capsh', capsh],
  ['emulate', capsh],
  ['gdb', gdb],
  ['bind', bindKey],
  ['poetry', behind({ run: 0 })],
  ['pipenv', behind({ run: 0 })],
  ['uv', behind({ run: 0 })],
  ['uvx', prefix(0)],
  ['pipx', behind({ run: 0 })],
  ['bundle', behind({ exec: 0 })],
  ['rbenv', behind({ exec: 0 })],
  ['pyenv', behind({ exec: 0 })],
  ['asdf', behind({ exec: 0 })],
  ['mise', behind({ exec: 0, x: 0 })],
  ['direnv', behind({ exec: 1 })],
  ['aws-vault', behind({ exec: 1 })],
  ['op', behind({ run: 0 })],
  ['doppler', behind({ run: 0 })],
  ['conda', behind({ run: 0 })],
  ['pnpm', behind({ exec: 0, dlx: 0 })],
  ['yarn', behind({ exec: 0, dlx: 0 })],
  ['perf', behind({ stat: 0, record: 0, trace: 0 })],
])
