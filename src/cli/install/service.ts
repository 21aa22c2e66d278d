/** The service that keeps the daemon running: its file is one of those an installation writes, and then it is started. */

import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openDotfile, peek } from '../../adapters/dotfiles/dotfile.ts'
import { INSTALL_SERVICE_WAIT_MS } from '../../core/limits.ts'
import { AGENT_MARK, renderAgent, renderUnit, UNIT_MARK, type Service } from '../../core/install/service-file.ts'
import { packageFile, serviceProgram } from './hook-files.ts'
import type { PlannedFile } from './plan.ts'
import type { Scope } from './scope.ts'

/** `none`: nobody here starts services for people. */
export type ServiceKind = 'systemd' | 'launchd' | 'none'

export type ServiceOutcome = { readonly ok: boolean; readonly text: string }

export function serviceKind(scope: Scope): ServiceKind {
  if (scope.platform === 'darwin') return 'launchd'
  if (scope.kind === 'system') {
    return ['etc/systemd/user', 'usr/lib/systemd/user', 'lib/systemd/user'].some((path) =>
      existsSync(join(scope.root, path)),
    )
      ? 'systemd'
      : 'none'
  }
  // Only asks: a person's own manager runs in a session that was logged in to.
  return call(scope, 'systemctl', ['--user', 'show-environment']).ok ? 'systemd' : 'none'
}

export function serviceFile(scope: Scope, kind: ServiceKind): string | null {
  const config = scope.env['XDG_CONFIG_HOME'] || join(scope.home, '.config')
  if (kind === 'none') return null
  if (kind === 'launchd') {
    const folder = scope.kind === 'system' ? join(scope.root, 'Library') : join(scope.home, 'Library')
    return join(folder, 'LaunchAgents/dev.cmdaid.daemon.plist')
  }
  return scope.kind === 'system' ? join(scope.root, 'etc/systemd/user', UNIT) : join(config, 'systemd/user', UNIT)
}

/** A package or the person has written the service: it is started, and nothing of it is changed. */
export function isProvided(path: string, kind: ServiceKind, scope: Scope): boolean {
  return (
    isForeign(path) || (kind === 'systemd' && PACKAGED.some((folder) => existsSync(join(scope.root, folder, UNIT))))
  )
}

/** Null: there is nothing to write. */
export function planService(path: string, kind: ServiceKind, scope: Scope): PlannedFile | null {
  if (isProvided(path, kind, scope)) return null
  const service: Service = { program: serviceProgram(), environment: movedDirectories(scope) }
  const text =
    kind === 'launchd'
      ? renderAgent(readFileSync(packageFile('launchd/dev.cmdaid.daemon.plist'), 'utf8'), service)
      : renderUnit(readFileSync(packageFile('systemd/cmdaid.service'), 'utf8'), service)
  const dotfile = openDotfile(path, scope)
  return { owner: 'service', dotfile, after: Buffer.from(text), without: null, folders: 0, forced: false }
}

/** Null: there is none of ours. */
export function planServiceRemoval(path: string, scope: Scope): PlannedFile | null {
  if (isForeign(path) || !existsSync(path)) return null
  return { owner: 'service', dotfile: openDotfile(path, scope), after: null, without: null, folders: 0, forced: false }
}

/** After the file is there. A daemon that runs already is left alone unless the file changed. */
export function startService(path: string, kind: ServiceKind, scope: Scope, changed: boolean): ServiceOutcome {
  const provided = isProvided(path, kind, scope)
  try {
    if (kind === 'systemd' && !provided) enable(path)
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : 'it could not be enabled' }
  }
  if (scope.kind === 'system') {
    const text = provided ? 'the service was there before' : 'every user who logs in from now on gets a daemon'
    return { ok: true, text }
  }
  // launchd refuses to start what it has loaded already, perhaps in another version.
  if (kind === 'launchd') call(scope, 'launchctl', ['bootout', `gui/${scope.uid}/${LABEL}`])
  const steps =
    kind === 'systemd'
      ? [
          ['systemctl', '--user', 'daemon-reload'],
          ['systemctl', '--user', changed ? 'restart' : 'start', UNIT],
          // A condition of the unit that does not hold (root's own manager) is no failure of `start`.
          ['systemctl', '--user', 'is-active', '--quiet', UNIT],
        ]
      : [['launchctl', 'bootstrap', `gui/${scope.uid}`, path]]
  for (const [program = '', ...words] of steps) {
    const { ok, text } = call(scope, program, words)
    if (!ok) return { ok, text: `\`${program} ${words.join(' ')}\` failed${text === '' ? '' : `: ${text}`}` }
  }
  return { ok: true, text: provided ? 'the daemon runs' : 'the daemon runs, now and whenever you log in' }
}

/** After the file went. What does not run any more is no failure. */
export function stopService(path: string, kind: ServiceKind, scope: Scope): void {
  if (kind === 'systemd') {
    const link = enabledLink(path)
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true) rmSync(link)
  }
  if (scope.kind === 'system') return
  if (kind === 'launchd') call(scope, 'launchctl', ['bootout', `gui/${scope.uid}/${LABEL}`])
  if (kind === 'systemd') {
    call(scope, 'systemctl', ['--user', 'stop', UNIT])
    call(scope, 'systemctl', ['--user', 'daemon-reload'])
  }
}

/** What the person does to have a service that is not ours at each login, or no more. */
export function providedHint(verb: 'enable' | 'disable --now', kind: ServiceKind, scope: Scope): string {
  if (kind === 'launchd') return `the agent ${LABEL} is not ours: see to it with launchctl`
  return `the unit ${UNIT} is not ours: \`systemctl ${scope.kind === 'system' ? '--global' : '--user'} ${verb} ${UNIT}\``
}

/** Folders that starting the service makes beside the file's own. */
export function serviceFolders(path: string, kind: ServiceKind): readonly string[] {
  return kind === 'systemd' ? [dirname(enabledLink(path))] : []
}

const UNIT = 'cmdaid.service'
const LABEL = 'dev.cmdaid.daemon'
const PACKAGED = ['usr/lib/systemd/user', 'lib/systemd/user', 'usr/local/lib/systemd/user'] as const

/** What `systemctl enable` does, with `--user` or `--global`, also where no systemd runs yet. */
function enable(path: string): void {
  const link = enabledLink(path)
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) return
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(`../${UNIT}`, link)
}

function enabledLink(path: string): string {
  return join(dirname(path), 'default.target.wants', UNIT)
}

/** There is one that we did not write. */
function isForeign(path: string): boolean {
  const bytes = peek(path)
  return bytes === null ? existsSync(path) : !bytes.includes(UNIT_MARK.trimEnd()) && !bytes.includes(AGENT_MARK)
}

function movedDirectories({ kind, env }: Scope): Readonly<Record<string, string>> {
  const moved: Record<string, string> = {}
  if (kind === 'system') return moved
  for (const name of ['XDG_CONFIG_HOME', 'XDG_STATE_HOME']) {
    const value = env[name]
    if (value) moved[name] = value
  }
  return moved
}

function call(scope: Scope, program: string, words: readonly string[]): ServiceOutcome {
  const ran = spawnSync(program, [...words], {
    env: { ...scope.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: INSTALL_SERVICE_WAIT_MS,
    maxBuffer: 65_536,
  })
  const text = ran.error?.message ?? ran.stderr.trim().split('\n').at(0) ?? ''
  return { ok: ran.status === 0, text }
}
