import { spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PROJECT_DIR, type TemporaryHome } from './home.ts'

/** What `cmdaid …` said and how it ended, with the home's path as `~`. */
export type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Variables to take out of the home's environment. */
  readonly without?: readonly string[]
  /** Another checkout or copy of the program. */
  readonly program?: string
  readonly uid?: number
}

/** The environment of a person who has moved nothing: `~/.config`, `~/.local/state`. */
export function plainEnv(home: TemporaryHome): Readonly<Record<string, string>> {
  const { XDG_CONFIG_HOME: _config, XDG_STATE_HOME: _state, ...env } = home.env
  return env
}

export function runCmdaid(home: TemporaryHome, words: readonly string[], options: RunOptions = {}): Ran {
  const { env = plainEnv(home), program = join(PROJECT_DIR, 'src/main.ts'), uid } = options
  // The test runner has what a program does noted by itself, in files that somebody else may not write.
  const command = uid === undefined ? [process.execPath] : ['env', '-u', 'NODE_OPTIONS', process.execPath]
  const ran = spawnSync(command[0] ?? '', [...command.slice(1), program, ...words], {
    cwd: home.dir,
    env,
    encoding: 'utf8',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const short = (text: string): string => text.replaceAll(home.dir, '~')
  return { status: ran.status, stdout: short(ran.stdout), stderr: short(ran.stderr) }
}

/** Every file below `folder`: kind, mode, owner and bytes; but not what the test itself keeps in `ignored` folders. */
export function snapshot(folder: string, ignored: readonly string[] = []): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const walk = (at: string): void => {
    for (const entry of readdirSync(join(folder, at)).sort()) {
      const name = at === '' ? entry : `${at}/${entry}`
      if (ignored.includes(name)) continue
      const path = join(folder, name)
      const stat = lstatSync(path)
      const what = stat.isSymbolicLink()
        ? `link to ${readlinkSync(path)}`
        : stat.isDirectory()
          ? 'folder'
          : stat.isFile()
            ? `file ${readFileSync(path).toString('base64')}`
            : 'other'
      found.set(name, `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid} ${what}`)
      if (stat.isDirectory()) walk(name)
    }
  }
  walk('')
  return found
}

/** Files of a home, by name; folders are made. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
}
