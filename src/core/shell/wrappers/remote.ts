import type { Word } from '../facts.ts'
import { command, input, joinWords, NOTHING, script, withText, type Call, type Inner, type Opener } from './inner.ts'

/** `ssh options host options text…`; what `-o ProxyCommand=` names runs here. */
function ssh({ program, operands, options }: Call): readonly Inner[] {
  const local = options.flatMap(({ name, value }) => {
    const proxy =
      name === 'o' && value !== null
        ? /^\s*(ProxyCommand|LocalCommand|KnownHostsCommand)[=\s]\s*(.+)$/is.exec(value.text)
        : null
    return proxy === null || value === null
      ? NOTHING
      : script(`${program} ${proxy[1] ?? ''}`, withText(value, proxy[2] ?? ''))
  })
  let at = 1
  while (at < operands.length) {
    const text = operands[at]?.text ?? ''
    if (!/^-[A-Za-z]/.test(text)) break
    at += /^-[BbcDEeFIiJLlmOopPQRSWw]$/.test(text) ? 2 : 1
  }
  const words = operands.slice(operands[at]?.text === '--' ? at + 1 : at)
  const remote = script(program, joinWords(words), { process: 'elsewhere', shell: 'sh' })
  // `ssh host` without a command runs a shell there, which reads what is piped in.
  const piped =
    words.length === 0 && operands.length > 0 ? input(program, { process: 'elsewhere', shell: 'sh' }) : NOTHING
  return [...local, ...remote, ...piped]
}

/** `docker exec container command`, `docker run image command`, `docker compose run service command`. */
function docker({ program, operands, flags }: Call): readonly Inner[] {
  let at = 0
  const group = operands[0]?.text
  if (group === 'container' || group === 'compose') at = 1
  const sub = operands[at]?.text
  if (sub !== 'exec' && sub !== 'run' && sub !== 'create') return NOTHING
  const label = `${program} ${operands
    .slice(0, at + 1)
    .map(({ text }) => text)
    .join(' ')}`
  const words = operands.slice(at + 1)
  const entrypoint = flags.get('entrypoint') ?? null
  const argv = entrypoint === null || sub === 'exec' ? words.slice(1) : [entrypoint, ...words.slice(1)]
  return command(label, argv, { cwd: null })
}

function dockerCompose({ program, operands }: Call): readonly Inner[] {
  const sub = operands[0]?.text
  return sub === 'exec' || sub === 'run' ? command(`${program} ${sub}`, operands.slice(2), { cwd: null }) : NOTHING
}

/** `kubectl exec pod -- command`, `kubectl run name --image=x -- command`. */
function kubectl({ program, operands, args }: Call): readonly Inner[] {
  const sub = operands[0]?.text
  if (sub !== 'exec' && sub !== 'run' && sub !== 'debug') return NOTHING
  const dashes = args.findIndex(({ text }) => text === '--')
  const argv = dashes === -1 ? (sub === 'exec' ? operands.slice(2) : []) : args.slice(dashes + 1)
  return command(`${program} ${sub}`, argv, { cwd: null })
}

/** `lxc exec name -- command` and its like: the command stands behind `--`. */
function behindDashes(...subcommands: readonly string[]): Opener {
  return ({ program, operands, args }) => {
    const sub = operands[0]?.text ?? ''
    if (subcommands.length > 0 && !subcommands.includes(sub)) return NOTHING
    const dashes = args.findIndex(({ text }) => text === '--')
    const label = subcommands.length > 0 ? `${program} ${sub}` : program
    return dashes === -1 ? NOTHING : command(label, args.slice(dashes + 1), { cwd: null })
  }
}

/** `adb shell text…`. */
function adb({ program, args }: Call): readonly Inner[] {
  const at = args.findIndex(({ text }) => text === 'shell' || text === 'exec-out')
  return at === -1
    ? NOTHING
    : script(`${program} shell`, joinWords(args.slice(at + 1)), { process: 'elsewhere', shell: 'sh' })
}

/** `gcloud compute ssh vm --command=text`, `vagrant ssh -c text`, `fly ssh console -C text`. */
function option(...names: readonly string[]): Opener {
  return ({ program, options, operands, args }) => {
    if (!operands.some(({ text }) => text === 'ssh')) return NOTHING
    const long = options.find(({ name, value }) => names.includes(name) && value !== null)?.value ?? null
    const at = args.findIndex(({ text }) => names.some((name) => text === `-${name}` || text === `--${name}`))
    return script(`${program} ssh`, long ?? (at === -1 ? null : args[at + 1]), { process: 'elsewhere', shell: 'sh' })
  }
}

/** `ansible hosts -m shell -a text`. */
function ansible({ program, flags }: Call): readonly Inner[] {
  const module = flags.get('m')?.text ?? flags.get('module-name')?.text ?? 'command'
  if (!/^(?:ansible\.builtin\.)?(?:shell|command|raw)$/.test(module)) return NOTHING
  return script(program, flags.get('a') ?? flags.get('args'), { process: 'elsewhere', shell: 'sh' })
}

/** `tmux new-session 'text'`, `tmux send-keys 'text' Enter`. */
function tmux({ program, operands }: Call): readonly Inner[] {
  const [first, ...words] = operands
  const sub = first?.text ?? ''
  const label = `${program} ${sub}`
  if (TMUX_RUNS.has(sub)) return words.length > 1 ? command(label, words) : script(label, words[0])
  if (sub !== 'send-keys' && sub !== 'send') return NOTHING
  const typed: Word[] = words.filter(({ text }) => !/^(?:Enter|C-m|C-j|KPEnter|Space|Escape|Tab)$/.test(text))
  return script(label, joinWords(typed))
}

const TMUX_RUNS: ReadonlySet<string> = new Set(
  'new-session new new-window neww split-window splitw respawn-pane respawnp respawn-window run-shell run if-shell if pipe-pane pipep display-popup popup'.split(
    ' ',
  ),
)

/** `screen -dmS name command`, `screen -X stuff 'text'`. */
function screen({ program, flags, operands }: Call): readonly Inner[] {
  if (flags.get('X')?.text === 'stuff') {
    const [text] = operands
    return script(
      `${program} -X`,
      text === undefined ? null : withText(text, text.text.replaceAll(/\\n|\^M|\r/g, '\n')),
    )
  }
  return flags.has('X') ? NOTHING : command(program, operands)
}

/** Programs that run a command on another machine, in a container or in another terminal. */
export const REMOTES: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ['ssh', ssh],
  ['autossh', ssh],
  ['slogin', ssh],
  [
    'mosh',
    ({ program, operands }) => command(program, operands.slice(operands[1]?.text === '--' ? 2 : 1), { cwd: null }),
  ],
  ['docker', docker],
  ['podman', docker],
  ['nerdctl', docker],
  ['docker-compose', dockerCompose],
  ['podman-compose', dockerCompose],
  ['kubectl', kubectl],
  ['oc', kubectl],
  ['k', kubectl],
  ['lxc', behindDashes('exec')],
  ['incus', behindDashes('exec')],
  ['multipass', behindDashes('exec')],
  ['lxc-attach', behindDashes()],
  ['distrobox', behindDashes('enter')],
  [
    'crictl',
    ({ program, operands }) =>
      operands[0]?.text === 'exec' ? command(`${program} exec`, operands.slice(2), { cwd: null }) : NOTHING,
  ],
  [
    'toolbox',
    ({ program, operands }) =>
      operands[0]?.text === 'run' ? command(`${program} run`, operands.slice(1), { cwd: null }) : NOTHING,
  ],
  ['adb', adb],
  ['gcloud', option('command')],
  ['vagrant', option('c', 'command')],
  ['fly', option('C', 'command')],
  ['ansible', ansible],
  ['tmux', tmux],
  ['screen', screen],
])
