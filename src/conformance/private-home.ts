import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONFORMANCE_COPY_BYTES_MAX } from '../core/limits.ts'
import { CONFORMANCE_POLICY } from './policy.ts'

/** A home in which a person's shells start as ever, and a daemon of its own: what the cases leave behind goes with it. */
export type PrivateHome = Disposable & {
  readonly dir: string
  /** Where the cases run; empty. */
  readonly workDir: string
  /** The person's variables, with this home in the place of theirs. */
  readonly shellEnv: Readonly<Record<string, string>>
  readonly daemonEnv: Readonly<Record<string, string>>
}

/** Made anew, with links and copies inside. */
const MERGED: ReadonlySet<string> = new Set(['.config', '.local', '.local/share', '.local/state'])
/** Written by shells as they run. */
const COPIED: ReadonlySet<string> = new Set([
  '.config/fish',
  '.config/powershell',
  '.local/share/fish',
  '.local/share/powershell',
])
/** The daemon of the cases has its own. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.config/cmdaid', '.local/state/cmdaid'])
/** A shell would take these from whoever started us instead of its start files. */
const DROPPED = ['BASH_ENV', 'ENV', 'HISTFILE', 'OLDPWD', 'PROMPT_COMMAND', 'PS0', 'PS1', 'SHLVL']

/** Start files and histories are copied, everything else of the home is linked: plugins are found, histories stay as they are. */
export function makePrivateHome(home: string, env: Readonly<Record<string, string | undefined>>): PrivateHome {
  const dir = mkdtempSync(join(tmpdir(), 'cmdaid-conformance-'))
  chmodSync(dir, 0o700)
  const inside = (name: string): string => join(dir, name)
  mirror(home, inside('home'), '')
  for (const name of ['run', 'state', 'config/cmdaid', 'work'])
    mkdirSync(inside(name), { recursive: true, mode: 0o700 })
  writeFileSync(inside('config/cmdaid/policy.yaml'), CONFORMANCE_POLICY, { mode: 0o600 })
  const shellEnv: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || DROPPED.includes(name)) continue
    // Folders that a variable names are those of the copy too.
    shellEnv[name] = value === home || value.startsWith(`${home}/`) ? inside('home') + value.slice(home.length) : value
  }
  return {
    dir,
    workDir: inside('work'),
    shellEnv: { TERM: 'xterm-256color', ...shellEnv, HOME: inside('home'), XDG_RUNTIME_DIR: inside('run') },
    daemonEnv: {
      PATH: env['PATH'] ?? '/usr/bin:/bin',
      HOME: dir,
      XDG_RUNTIME_DIR: inside('run'),
      XDG_STATE_HOME: inside('state'),
      XDG_CONFIG_HOME: inside('config'),
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** `under` is the path below the home, empty for itself. */
function mirror(from: string, to: string, under: string): void {
  mkdirSync(to, { mode: 0o700 })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (LEFT_OUT.has(path)) continue
    if (MERGED.has(path) && entry.isDirectory()) mirror(source, target, path)
    else if (isCopied(path, source)) copy(source, target)
    else symlinkSync(source, target)
  }
}

/** Files whose names begin with a dot: start files, histories, and what shells write beside them. */
function isCopied(path: string, source: string): boolean {
  const stat = lstatSync(source)
  if (COPIED.has(path)) return stat.isDirectory()
  return path.startsWith('.') && !path.includes('/') && stat.isFile() && stat.size <= CONFORMANCE_COPY_BYTES_MAX
}

function copy(source: string, target: string): void {
  cpSync(source, target, {
    recursive: true,
    filter: (file) => {
      const stat = lstatSync(file)
      return stat.isDirectory() || stat.isSymbolicLink() || (stat.isFile() && stat.size <= CONFORMANCE_COPY_BYTES_MAX)
    },
  })
}
