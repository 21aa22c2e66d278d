import t from 'tap'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hookFiles } from '../../../src/cli/install/hook-files.ts'
import { makeTemporaryHome, type TemporaryHome } from '../../support/home.ts'
import { plainEnv, runCmdaid, snapshot, writeFiles } from '../../support/installed.ts'

// Each run is a process of its own.
t.setTimeout(240_000)

const INSTALL = ['install', '--non-interactive', '--no-service', '--shell']
const GUARDS = { bash: hookFiles('bash').guard ?? '', zsh: hookFiles('zsh').guard ?? '' }

/** Names of the files of this home that load a guard. */
function guarded(home: TemporaryHome): string[] {
  return [...snapshot(home.dir)]
    .filter(
      ([name, what]) =>
        !name.startsWith('.local') && Buffer.from(what.split(' ')[3] ?? '', 'base64').includes('cmdaid-env.'),
    )
    .map(([name]) => name)
}

t.test('bash: BASH_ENV names the guard, in the start files of both kinds of shell', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n', '.bash_login': 'l\n' })
  const before = snapshot(home.dir)
  runCmdaid(home, [...INSTALL, 'bash'])
  t.strictSame(guarded(home), ['.bash_login', '.bashrc'])
  const shown = spawnSync('bash', ['-lc', 'echo "$BASH_ENV"'], { env: plainEnv(home), encoding: 'utf8' })
  t.equal(shown.stdout, `${GUARDS.bash}\n`)
  // The variable is now in the environment of whoever installs again.
  const installed = snapshot(home.dir)
  runCmdaid(home, [...INSTALL, 'bash'], { env: { ...plainEnv(home), BASH_ENV: GUARDS.bash } })
  t.strictSame(snapshot(home.dir), installed)
  runCmdaid(home, ['uninstall', '--no-service'])
  t.strictSame(snapshot(home.dir), before)
})

t.test(
  'bash: a file that the person named in BASH_ENV before gets the lines, and nothing else sets the variable',
  async (t) => {
    using home = makeTemporaryHome()
    writeFiles(home.dir, { '.bashrc': 'b\n', 'my/env.bash': 'export MINE=1' })
    const before = snapshot(home.dir)
    const env = { ...plainEnv(home), BASH_ENV: join(home.dir, 'my/env.bash') }
    runCmdaid(home, [...INSTALL, 'bash'], { env })
    t.strictSame(guarded(home), ['my/env.bash'])
    t.notMatch(readFileSync(join(home.dir, '.bashrc'), 'utf8'), 'BASH_ENV')
    runCmdaid(home, ['uninstall', '--no-service'])
    t.strictSame(snapshot(home.dir), before)
  },
)

t.test("bash: somebody else's file in BASH_ENV is left alone, and told", async (t) => {
  using home = makeTemporaryHome()
  const env = { ...plainEnv(home), BASH_ENV: '/etc/hostname' }
  const { stdout } = runCmdaid(home, [...INSTALL, 'bash'], { env })
  t.match(
    stdout,
    'note                   BASH_ENV is /etc/hostname, no file of yours: bash without a person is not covered\n',
  )
  t.strictSame(guarded(home), [])
})

t.test('zsh: the .zshenv that is read', async (t) => {
  for (const [files, zdotdir, expected] of [
    [{}, null, ['.zshenv']],
    // Set by the session: zsh reads nothing at home.
    [{}, 'zdot', ['zdot/.zshenv']],
    // Set at home and exported: read there by the first, and in the folder by its children.
    [{ '.zshenv': 'export ZDOTDIR=~/zdot\n' }, 'zdot', ['.zshenv', 'zdot/.zshenv']],
    // As well, and the one at home reads the other.
    [{ '.zshenv': 'export ZDOTDIR=~/zdot\n. $ZDOTDIR/.zshenv\n', 'zdot/.zshenv': 'z' }, 'zdot', ['zdot/.zshenv']],
  ] as const) {
    using home = makeTemporaryHome()
    writeFiles(home.dir, files)
    const before = snapshot(home.dir)
    const env = { ...plainEnv(home), ...(zdotdir === null ? {} : { ZDOTDIR: join(home.dir, zdotdir) }) }
    t.equal(runCmdaid(home, [...INSTALL, 'zsh'], { env }).status, 0)
    t.strictSame(guarded(home), expected)
    t.ok(existsSync(join(home.dir, zdotdir ?? '.', '.zshrc')))
    runCmdaid(home, ['uninstall', '--no-service'])
    t.strictSame(snapshot(home.dir), before)
  }
})

t.test('a later run without the option takes the guards out', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.zshenv': 'z' })
  const before = snapshot(home.dir)
  runCmdaid(home, [...INSTALL, 'bash,zsh'])
  t.strictSame(guarded(home), ['.bashrc', '.profile', '.zshenv'])
  const { stdout } = runCmdaid(home, ['install', '--no-service', '--shell', 'bash,zsh'])
  t.match(stdout, 'changed    zsh         ~/.zshenv\n')
  t.strictSame(guarded(home), [])
  t.equal(readFileSync(join(home.dir, '.zshenv'), 'utf8'), 'z')
  runCmdaid(home, ['uninstall', '--no-service'])
  t.strictSame(snapshot(home.dir), before)
})

t.test('scp, rsync and git over ssh get not one byte more', async (t) => {
  using home = makeTemporaryHome()
  runCmdaid(home, [...INSTALL, 'bash,zsh'])
  const env = { ...plainEnv(home), BASH_ENV: GUARDS.bash, SSH_CLIENT: '::1 1 22', SHLVL: '0' }
  for (const command of [
    ['bash', '-c'],
    ['bash', '-lc'],
    ['bash', '-eo', 'pipefail', '-c'],
    ['zsh', '-c'],
    ['zsh', '-lc'],
  ]) {
    const [program = '', ...words] = command
    if (spawnSync(program, ['--version']).status !== 0) continue
    const ran = spawnSync(program, [...words, 'cat; exit 7'], { env, input: Buffer.from([0, 1, 255]) })
    t.strictSame([ran.status, ran.stdout, ran.stderr.toString()], [7, Buffer.from([0, 1, 255]), ''], command.join(' '))
  }
})
