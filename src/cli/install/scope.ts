/** For whom is installed: the person who asks, or everybody on the machine. */

import { realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Modes } from '../../adapters/dotfiles/replace.ts'
import { CmdaidError } from '../../core/errors.ts'
import type { CommandContext } from '../command.ts'
import { usage } from '../parse-arguments.ts'

export type Scope = {
  readonly kind: 'user' | 'system'
  /** What stands before every path that is written or looked at; `/` unless an image of a machine is being made. */
  readonly root: string
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly uid: number
  /** Where records and copies are kept. */
  readonly folder: string
  /** Of what is made. */
  readonly modes: Modes
}

/** Throws when the person may not install there. */
export function scopeOf({ flags, values, io, home, paths }: CommandContext): Scope {
  const uid = io.getuid?.() ?? 0
  const root = values.get('root')
  if (flags.has('user') && flags.has('system'))
    throw usage('--user and --system exclude each other', 'give one of them')
  if (!flags.has('system')) {
    if (root !== undefined) throw usage('--root is for --system', 'set HOME to install into another home')
    checkHome(home, uid)
    return {
      ...common(io),
      kind: 'user',
      root: '/',
      home,
      uid,
      folder: join(paths.stateDir, 'install'),
      modes: PRIVATE,
    }
  }
  if (root === undefined && uid !== 0) {
    throw new CmdaidError('CMDAID_ERR_INSTALL_NOT_ROOT', 'only root can install for every user of this machine', {
      hint: 'run it with sudo, or install for yourself alone with --user',
    })
  }
  const prefix = root === undefined ? '/' : realRoot(resolve(io.cwd(), root))
  const folder = join(prefix, 'var/lib/cmdaid/install')
  return { ...common(io), kind: 'system', root: prefix, home, uid, folder, modes: PUBLIC }
}

const PRIVATE: Modes = { file: 0o644, folder: 0o700 }
const PUBLIC: Modes = { file: 0o644, folder: 0o755 }

function common({ env, platform }: CommandContext['io']): Pick<Scope, 'env' | 'platform'> {
  return { env, platform }
}

/** With `sudo`, HOME may be somebody else's: what root makes there, its owner could not change. */
function checkHome(home: string, uid: number): void {
  const owner = home.startsWith('/') ? statSync(home, { throwIfNoEntry: false })?.uid : undefined
  if (owner === uid) return
  throw new CmdaidError(
    'CMDAID_ERR_INSTALL_NOT_YOURS',
    owner === undefined ? `there is no home ${home}` : `${home} belongs to user ${owner}, and you are user ${uid}`,
    { hint: 'run it as that user, without sudo; with --system for every user' },
  )
}

function realRoot(path: string): string {
  try {
    return realpathSync(path)
  } catch (cause) {
    throw usage(`there is no folder ${path}`, cause instanceof Error ? cause.message : 'make it first')
  }
}
