import t from 'tap'
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { copyProgram } from '../../support/copy-program.ts'
import { makeTemporaryHome, type TemporaryHome } from '../../support/home.ts'
import { plainEnv, runCmdaid, snapshot, writeFiles } from '../../support/installed.ts'

/** bash's builtin is compiled by install: beside its source, or for this person alone where that folder is somebody else's. */

// Each run is a process of its own.
t.setTimeout(240_000)

const BASH = ['--shell', 'bash', '--no-service']
const IN_STATE = '.local/state/cmdaid/cmdaid-bash.so'
const UID = 4242

const otherSystem = process.platform !== 'linux' && 'bash loads the builtin on Linux only'
const notRoot = otherSystem || (process.getuid?.() !== 0 && 'only root can become somebody else')

type World = { readonly program: string; readonly folder: string; readonly beside: string }

/** A copy of the program in which nothing is compiled yet. */
function copyUncompiled(home: TemporaryHome): World {
  const copy = copyProgram(home)
  const folder = join(copy, 'shell-hooks/loadable')
  const beside = join(folder, 'cmdaid-bash.so')
  rmSync(beside, { force: true })
  return { program: join(copy, 'src/main.ts'), folder, beside }
}

/** Everything in the home but the program. */
const ownFiles = (home: TemporaryHome): ReadonlyMap<string, string> => snapshot(home.dir, ['program'])

/** An environment in which there is no compiler. */
function withoutCompiler(home: TemporaryHome): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(home.dir, 'path'))
  for (const name of ['bash', 'cat', 'chmod', 'cksum', 'dirname', 'env', 'grep', 'mktemp', 'mv', 'rm', 'sh']) {
    const path = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim()
    symlinkSync(path, join(folder, name))
  }
  return { ...plainEnv(home), PATH: folder }
}

/** What an interactive bash of this person says about its builtin. */
function nativeOf(home: TemporaryHome, uid?: number): string {
  const words = ['--rcfile', join(home.dir, '.bashrc'), '-ic', 'echo "native=$__cmdaid_native"']
  const options = uid === undefined ? {} : { uid, gid: uid }
  return spawnSync('bash', words, { cwd: home.dir, env: plainEnv(home), encoding: 'utf8', ...options }).stdout
}

t.test('where the folder of the program may be written, the builtin is made there, and stays', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n', '.profile': 'p\n' })
  const { program, beside } = copyUncompiled(home)
  const before = ownFiles(home)
  t.equal(runCmdaid(home, ['install', '--dry-run', ...BASH], { program }).status, 0)
  t.notOk(existsSync(beside), 'not to show what would be done')
  t.match(runCmdaid(home, ['install', ...BASH], { program }), { status: 0, stderr: '' })
  const { ino } = statSync(beside)
  t.notOk(existsSync(join(home.dir, IN_STATE)))
  t.equal(nativeOf(home), otherSystem ? 'native=\n' : 'native=1\n')
  t.match(runCmdaid(home, ['install', ...BASH], { program }), { status: 0, stderr: '' })
  t.equal(statSync(beside).ino, ino, 'twice is once')
  t.match(runCmdaid(home, ['uninstall', '--no-service'], { program }), { status: 0, stderr: '' })
  t.equal(statSync(beside).ino, ino, 'it belongs to the program')
  t.strictSame(ownFiles(home), before)
})

t.test("where it is somebody else's, the builtin is this person's, and goes again", { skip: notRoot }, async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n', '.profile': 'p\n' })
  const { program, folder, beside } = copyUncompiled(home)
  execFileSync('chown', ['-R', `${UID}:${UID}`, home.dir])
  execFileSync('chown', ['-R', '0:0', join(home.dir, 'program')])
  const before = ownFiles(home)
  const inState = join(home.dir, IN_STATE)
  const options = { program, uid: UID }
  t.match(runCmdaid(home, ['install', ...BASH], options), { status: 0, stderr: '' })
  t.notOk(existsSync(beside))
  const first = statSync(inState)
  t.match(first, { uid: UID, gid: UID, mode: 0o100755 })
  t.equal(nativeOf(home, UID), 'native=1\n')
  t.equal(nativeOf(home), 'native=\n', 'nobody else takes it')

  t.match(runCmdaid(home, ['install', ...BASH], options), { status: 0, stderr: '' })
  t.equal(statSync(inState).ino, first.ino, 'twice is once')
  appendFileSync(join(folder, 'cmdaid_bash.c'), '/* another version */\n')
  t.match(runCmdaid(home, ['install', ...BASH], options), { status: 0, stderr: '' })
  t.not(statSync(inState).ino, first.ino, 'another version of the program makes its own')

  t.match(runCmdaid(home, ['uninstall', '--shell', 'zsh', '--no-service'], options), { status: 0, stderr: '' })
  t.ok(existsSync(inState), 'bash goes on using it')
  t.match(runCmdaid(home, ['uninstall', ...BASH], options), { status: 0, stderr: '' })
  t.strictSame(ownFiles(home), before)
})

t.test('one that the installation has is used by everybody', { skip: notRoot }, async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n', '.profile': 'p\n' })
  const { program, beside } = copyUncompiled(home)
  execFileSync(join(home.dir, 'program/shell-hooks/build'), ['loadable'])
  execFileSync('chown', ['-R', `${UID}:${UID}`, home.dir])
  execFileSync('chown', ['-R', '0:0', join(home.dir, 'program')])
  t.match(runCmdaid(home, ['install', ...BASH], { program, uid: UID }), { status: 0, stderr: '' })
  t.ok(existsSync(beside))
  t.notOk(existsSync(join(home.dir, IN_STATE)))
  t.equal(nativeOf(home, UID), 'native=1\n')
})

t.test('without a compiler bash is protected all the same, and it is said what that costs', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n', '.profile': 'p\n' })
  const { program, folder } = copyUncompiled(home)
  const env = withoutCompiler(home)
  const before = snapshot(folder)
  t.strictSame(runCmdaid(home, ['install', ...BASH], { program, env }), {
    status: 0,
    stdout: [
      'changed    bash        ~/.bashrc',
      'changed    bash        ~/.profile',
      'kept       copies      of the files as they were, in ~/.local/state/cmdaid/install',
      'note                   bash: cannot compile the builtin that makes the hook of bash quick: install a C compiler (cc) and run `cmdaid init bash`: until then, each command in bash takes a millisecond longer',
      'to do                  shells that are open already stay unchecked: start new ones, then `cmdaid doctor`',
      '',
    ].join('\n'),
    stderr: '',
  })
  t.strictSame(snapshot(folder), before)
  t.match(readFileSync(join(home.dir, '.bashrc'), 'utf8'), 'cmdaid.bash')
  t.equal(nativeOf(home), 'native=\n')
})

t.test('init compiles it too, and loads the hook where it cannot', async (t) => {
  using home = makeTemporaryHome()
  const { program, folder, beside } = copyUncompiled(home)
  const loads = { status: 0, stdout: "source '~/program/shell-hooks/cmdaid.bash'\n", stderr: '' }
  const before = snapshot(folder)
  t.strictSame(runCmdaid(home, ['init', 'bash'], { program, env: withoutCompiler(home) }), loads)
  t.strictSame(snapshot(folder), before)
  t.strictSame(runCmdaid(home, ['init', 'bash'], { program }), loads)
  t.ok(existsSync(beside))
})
