import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const PROJECT_DIR = fileURLToPath(new URL('../..', import.meta.url))

/** A home of its own for a daemon and its shells: nothing of the real user's is read or written. */
export type TemporaryHome = Disposable & {
  /** Absolute. Everything below is inside. */
  readonly dir: string
  /** A small, fixed environment that leads every XDG directory into `dir`. */
  readonly env: Readonly<Record<string, string>>
  readonly runtimeDir: string
  readonly stateDir: string
  readonly policyFile: string
}

/**
 * Makes a home in the system's temporary folder. `policy` is the text of the user's policy document; without it the
 * shipped default applies. Disposing removes the folder and what is in it.
 */
export function makeTemporaryHome({
  policy,
  prefix = 'cmdaid-home-',
}: { readonly policy?: string; readonly prefix?: string } = {}): TemporaryHome {
  const dir = mkdtempSync(join(tmpdir(), prefix))
  const under = (name: string): string => join(dir, name)
  const env = {
    HOME: dir,
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    XDG_RUNTIME_DIR: under('run'),
    XDG_STATE_HOME: under('state'),
    XDG_CONFIG_HOME: under('config'),
  }
  for (const name of ['run', 'state', 'config/cmdaid']) mkdirSync(under(name), { recursive: true, mode: 0o700 })
  const policyFile = under('config/cmdaid/policy.yaml')
  if (policy !== undefined) writeFileSync(policyFile, policy, { mode: 0o600 })
  return {
    dir,
    env,
    runtimeDir: under('run/cmdaid'),
    stateDir: under('state/cmdaid'),
    policyFile,
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}
