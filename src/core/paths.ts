import { join } from 'node:path/posix'

/** Where cmdaid keeps things. Directories are 0700, files 0600. The shell hooks compute `runtimeDir` by the same rule. */
export type Paths = {
  /** Sockets, FIFOs and session folders: gone at reboot. */
  readonly runtimeDir: string
  readonly controlSocket: string
  /** State that must survive: the audit log and the keys. */
  readonly stateDir: string
  readonly auditDir: string
  readonly configDir: string
  readonly policyFile: string
  readonly organisationDir: string
  readonly organisationPolicyFile: string
}

export type PathsInput = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly home: string
  readonly uid: number
  /** For tests only; never taken from the environment. */
  readonly organisationDir?: string
}

/**
 * The XDG base directories, with the same fallbacks everywhere. Without `XDG_RUNTIME_DIR` (cron, `su`) the runtime
 * directory is `$TMPDIR/cmdaid` on macOS and `/tmp/cmdaid-<uid>` elsewhere: its owner and mode are checked before use.
 * No variable moves the organisation's directory: whoever could set one could leave the organisation's policy behind.
 */
export function resolvePaths({ env, platform, home, uid, organisationDir: override }: PathsInput): Paths {
  const runtimeDir = env['XDG_RUNTIME_DIR']
    ? join(env['XDG_RUNTIME_DIR'], 'cmdaid')
    : platform === 'darwin' && env['TMPDIR']
      ? join(env['TMPDIR'], 'cmdaid')
      : `/tmp/cmdaid-${uid}`
  const stateDir = join(env['XDG_STATE_HOME'] || join(home, '.local/state'), 'cmdaid')
  const configDir = join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'cmdaid')
  const organisationDir = override ?? (platform === 'darwin' ? '/Library/Application Support/cmdaid' : '/etc/cmdaid')
  return {
    runtimeDir,
    controlSocket: join(runtimeDir, 'control.sock'),
    stateDir,
    auditDir: join(stateDir, 'audit'),
    configDir,
    policyFile: join(configDir, 'policy.yaml'),
    organisationDir,
    organisationPolicyFile: join(organisationDir, 'policy.yaml'),
  }
}
