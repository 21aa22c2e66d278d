import t from 'tap'
import * as fc from 'fast-check'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hookFiles } from '../../../src/cli/install/hook-files.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import { plainEnv, runCmdaid, snapshot, writeFiles } from '../../support/installed.ts'

// Each run is a process of its own.
t.setTimeout(240_000)

/** Both shells that are in every version; without the service, whose manager would be that of the machine. */
const SHELLS = ['--shell', 'bash,zsh', '--no-service']

const HOOKS = { bash: hookFiles('bash').hook ?? '', zsh: hookFiles('zsh').hook ?? '' }

t.test('install adds lines to the start files, keeps copies, and uninstall leaves no trace', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, {
    '.bashrc': 'alias a=b\n',
    '.bash_profile': '. ~/.bashrc',
    '.profile': 'PATH=x\n',
    '.zshrc': '',
  })
  const before = snapshot(home.dir)
  const installed = runCmdaid(home, ['install', ...SHELLS])
  t.strictSame(installed, {
    status: 0,
    stdout: [
      'changed    bash        ~/.bashrc',
      'changed    bash        ~/.bash_profile',
      'changed    zsh         ~/.zshrc',
      'kept       copies      of the files as they were, in ~/.local/state/cmdaid/install',
      'to do                  shells that are open already stay unchecked: start new ones, then `cmdaid doctor`',
      '',
    ].join('\n'),
    stderr: '',
  })
  for (const [file, hook] of [
    ['.bashrc', HOOKS.bash],
    ['.bash_profile', HOOKS.bash],
    ['.zshrc', HOOKS.zsh],
  ] as const) {
    t.match(readFileSync(join(home.dir, file), 'utf8'), `then . '${hook}' || :; fi`)
  }
  t.equal(readFileSync(join(home.dir, '.profile'), 'utf8'), 'PATH=x\n', 'bash reads only the first of the three')
  const after = snapshot(home.dir)

  const again = runCmdaid(home, ['install', ...SHELLS])
  t.strictSame(snapshot(home.dir), after, 'twice is once')
  t.match(again.stdout, /^unchanged {2}bash.*\nunchanged {2}bash.*\nunchanged {2}zsh.*\nto do/)

  const removed = runCmdaid(home, ['uninstall', '--no-service'])
  t.match(removed, {
    status: 0,
    stdout: /^changed.*\.bashrc\nchanged.*\.bash_profile\nchanged.*\.zshrc\nto do/,
    stderr: '',
  })
  t.strictSame(snapshot(home.dir), before)

  t.strictSame(runCmdaid(home, ['uninstall']), { status: 0, stdout: 'Nothing is installed here.\n', stderr: '' })
  t.strictSame(snapshot(home.dir), before)
})

t.test('files and folders that were not there are made, and go again', async (t) => {
  using home = makeTemporaryHome()
  const before = snapshot(home.dir)
  t.equal(runCmdaid(home, ['install', ...SHELLS]).status, 0)
  t.ok(existsSync(join(home.dir, '.profile')), 'the login file that hides no other')
  t.equal(runCmdaid(home, ['uninstall', '--no-service']).status, 0)
  t.strictSame(snapshot(home.dir), before)
})

t.test('what people write around the lines stays, and only our lines go', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'first\n' })
  runCmdaid(home, ['install', ...SHELLS])
  for (const name of ['.bashrc', '.profile']) {
    const file = join(home.dir, name)
    writeFileSync(file, `above\n${readFileSync(file, 'utf8')}below\n`)
  }
  // The copies follow: they are what the files would be without our lines.
  const changed = snapshot(home.dir, ['.local'])
  const again = runCmdaid(home, ['install', ...SHELLS])
  t.strictSame(snapshot(home.dir, ['.local']), changed, 'the lines stay where they are')
  t.match(again.stdout, /note {19}~\/\.bashrc: other lines come after ours/)
  t.equal(runCmdaid(home, ['uninstall', '--no-service']).status, 0)
  t.strictSame(
    ['.bashrc', '.profile'].map((name) => readFileSync(join(home.dir, name), 'utf8')),
    ['above\nfirst\nbelow\n', 'above\nbelow\n'],
  )
  t.notOk(existsSync(join(home.dir, '.local')))
})

t.test('lines between the marks that somebody changed are not touched without --force', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'first\n' })
  runCmdaid(home, ['install', ...SHELLS])
  const file = join(home.dir, '.bashrc')
  writeFileSync(file, readFileSync(file, 'utf8').replace('# <<< cmdaid', 'mine\n# <<< cmdaid'))
  const before = snapshot(home.dir)
  for (const action of ['install', 'uninstall']) {
    t.match(runCmdaid(home, [action, ...SHELLS]), {
      status: 3,
      stderr:
        /^cmdaid: error: ~\/\.bashrc:3: the lines between the marks were changed; nothing was changed \[CMDAID_ERR_DOTFILE_EDITED\]\ncmdaid: hint: .*`--force`\n$/,
    })
  }
  t.strictSame(snapshot(home.dir), before)
  const forced = runCmdaid(home, ['uninstall', '--force', '--no-service', '--json'])
  const { files } = JSON.parse(forced.stdout) as { files: { path: string; copy: string | null }[] }
  const copy = files.find(({ path }) => path === '~/.bashrc')?.copy?.replace('~', home.dir) ?? ''
  t.equal(readFileSync(file, 'utf8'), 'first\n')
  t.match(readFileSync(copy, 'utf8'), 'mine\n', 'what was dropped is kept')
})

t.test('damaged marks are told with the line, and with the copy that is without them', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'first\n' })
  runCmdaid(home, ['install', ...SHELLS])
  const file = join(home.dir, '.bashrc')
  writeFileSync(file, readFileSync(file, 'utf8').replace('# <<< cmdaid <<<\n', ''))
  const before = snapshot(home.dir)
  const refused = runCmdaid(home, ['uninstall', '--force'])
  t.match(refused, {
    status: 3,
    stderr: /~\/\.bashrc:3: a mark begins lines that no mark ends; nothing was changed \[CMDAID_ERR_DOTFILE_MARKS\]/,
  })
  const copy = /~(\/\.local\S+) is the file without them/.exec(refused.stderr)?.[1] ?? ''
  t.equal(readFileSync(join(home.dir, copy), 'utf8'), 'first\n')
  t.strictSame(snapshot(home.dir), before)
})

t.test('an installation that moved is found again, and its lines are replaced', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'first', '.zshrc': 'z\n' })
  const before = snapshot(home.dir)
  runCmdaid(home, ['install', ...SHELLS])
  const file = join(home.dir, '.bashrc')
  const current = readFileSync(file, 'utf8')
  // What another version would have written, from where it was.
  const { addBlock } = await import('../../../src/core/install/block.ts')
  const moved = addBlock(current, 'load /somewhere/else\n', { file: false, directories: 0 })
  if (!moved.ok) throw new Error(moved.error.problem)
  writeFileSync(file, moved.value)
  t.match(runCmdaid(home, ['install', ...SHELLS]).stdout, /^changed {4}bash {8}~\/\.bashrc\nunchanged/)
  t.equal(readFileSync(file, 'utf8'), current)
  runCmdaid(home, ['uninstall', '--no-service'])
  t.strictSame(snapshot(home.dir), before)
})

t.test('a login file that appears later takes over, and the one that was made goes', async (t) => {
  using home = makeTemporaryHome()
  runCmdaid(home, ['install', ...SHELLS])
  writeFiles(home.dir, { '.bash_profile': 'mine\n' })
  runCmdaid(home, ['install', ...SHELLS])
  t.match(readFileSync(join(home.dir, '.bash_profile'), 'utf8'), /^mine\n\n# >>> cmdaid/)
  t.notOk(existsSync(join(home.dir, '.profile')))
  runCmdaid(home, ['uninstall', '--no-service'])
  t.strictSame([...snapshot(home.dir, ['run', 'state', 'config']).keys()], ['.bash_profile'])
})

t.test('one shell can be installed and uninstalled without the others', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n', '.zshrc': 'z\n' })
  runCmdaid(home, ['install', '--shell', 'zsh', '--no-service'])
  t.equal(readFileSync(join(home.dir, '.bashrc'), 'utf8'), 'b\n')
  runCmdaid(home, ['install', '--shell', 'bash', '--no-service'])
  runCmdaid(home, ['uninstall', '--shell', 'zsh'])
  t.equal(readFileSync(join(home.dir, '.zshrc'), 'utf8'), 'z\n')
  t.match(readFileSync(join(home.dir, '.bashrc'), 'utf8'), '# >>> cmdaid')
  runCmdaid(home, ['uninstall', '--shell', 'bash'])
  t.equal(readFileSync(join(home.dir, '.bashrc'), 'utf8'), 'b\n')
  t.notOk(existsSync(join(home.dir, '.local')))
})

t.test(
  'uninstall finds its lines without the record, and through it what the environment no longer names',
  async (t) => {
    using home = makeTemporaryHome()
    writeFiles(home.dir, { '.bashrc': 'b\n', 'zdot/.zshrc': 'z\n', '.zshrc': 'unused\n' })
    const before = snapshot(home.dir)
    const env = { ...plainEnv(home), ZDOTDIR: join(home.dir, 'zdot') }
    runCmdaid(home, ['install', ...SHELLS], { env })
    t.match(readFileSync(join(home.dir, 'zdot/.zshrc'), 'utf8'), '# >>> cmdaid')
    runCmdaid(home, ['uninstall', '--no-service'])
    t.strictSame(snapshot(home.dir), before, 'by the record')

    runCmdaid(home, ['install', ...SHELLS], { env })
    const { rmSync } = await import('node:fs')
    rmSync(join(home.dir, '.local'), { recursive: true })
    runCmdaid(home, ['uninstall', '--no-service'], { env })
    t.strictSame(snapshot(home.dir), before, 'without it')
  },
)

t.test(
  'a .zshenv that sets ZDOTDIR without exporting it is asked',
  { skip: process.env['PATH'] === undefined },
  async (t) => {
    using home = makeTemporaryHome()
    writeFiles(home.dir, { '.zshenv': 'print noise\nZDOTDIR=~/zdot\n', 'zdot/.zshrc': 'z\n' })
    const before = snapshot(home.dir)
    const installed = runCmdaid(home, ['install', '--shell', 'zsh', '--no-service'])
    t.match(installed.stdout, /^changed {4}zsh {9}~\/zdot\/\.zshrc\n/)
    runCmdaid(home, ['uninstall', '--no-service'])
    t.strictSame(snapshot(home.dir), before)
  },
)

t.test('--dry-run shows a diff and changes nothing; a control character in a file is shown, not sent', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'PS1="\u001B[31m"' })
  const before = snapshot(home.dir)
  const shown = runCmdaid(home, ['install', '--dry-run', '--shell', 'bash'])
  t.match(
    shown.stdout,
    /^--- ~\/\.bashrc\n\+\+\+ ~\/\.bashrc\n@@ -1 \+1,8 @@\n-PS1="\\e\[31m"\n\\ No newline at end of file\n\+PS1="/,
  )
  t.match(shown.stdout, /\n--- \/dev\/null\n\+\+\+ ~\/\.profile\n@@ -0,0 \+1,6 @@\n\+# >>> cmdaid/)
  t.notMatch(shown.stdout, '\u001B')
  t.strictSame(snapshot(home.dir), before)
  runCmdaid(home, ['install', ...SHELLS])
  t.match(runCmdaid(home, ['uninstall', '--dry-run']).stdout, /\n-# >>> cmdaid/)
  t.equal(runCmdaid(home, ['install', '--dry-run', ...SHELLS]).stdout, 'Nothing would change.\n')
  const coloured = runCmdaid(home, ['uninstall', '--dry-run'], { env: { ...plainEnv(home), FORCE_COLOR: '1' } })
  t.match(coloured.stdout, '\u001B[31m-# >>> cmdaid')
})

t.test('--json says what was done', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n', '.profile': 'p\n' })
  const ran = runCmdaid(home, ['install', '--json', '--shell', 'bash', '--no-service'])
  t.match(JSON.parse(ran.stdout), {
    v: 1,
    action: 'install',
    scope: 'user',
    dry_run: false,
    changed: true,
    files: [
      {
        path: '~/.bashrc',
        target: '~/.bashrc',
        for: 'bash',
        action: 'changed',
        copy: /^~\/\.local\/state\/cmdaid\/install\/[0-9a-f]{8}-\.bashrc$/,
      },
      { path: '~/.profile', for: 'bash', action: 'changed' },
    ],
    service: null,
    notes: [],
    left: [/open already/],
  })
})

t.test('a line of the person that loads the hook too is named', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'a\neval "$(cmdaid init bash)"\n' })
  const { stdout } = runCmdaid(home, ['install', ...SHELLS])
  t.match(stdout, /note {19}~\/\.bashrc:2 loads the hook too, and starts this program each time: remove that line/)
})

t.test('words that do not fit are refused as used wrongly', async (t) => {
  using home = makeTemporaryHome()
  for (const [words, message] of [
    [['install', '--shell', 'bash,tcsh'], '--shell cannot be `tcsh`'],
    [['install', '--user', '--system'], '--user and --system exclude each other'],
    [['uninstall', '--root', '.'], '--root is for --system'],
    [['install', '--system', '--root', 'nowhere'], 'there is no folder'],
    [['install', 'bash'], 'install does not take `bash`'],
    [['uninstall', '--non-interactive'], 'unknown option'],
  ] as const) {
    t.match(runCmdaid(home, words), { status: 2, stderr: `cmdaid: error: ${message}` })
  }
})

t.test('any bytes in the start files come back', async () => {
  using home = makeTemporaryHome()
  const names = ['.bashrc', '.profile', '.zshrc']
  const bytes = fc.uint8Array({ maxLength: 200 }).filter(([first]) => first !== 0xff && first !== 0xfe)
  const modes = fc.constantFrom(0o600, 0o644, 0o755, 0o640)
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, modes), { minLength: 3, maxLength: 3 }), (files) => {
      files.forEach(([content, mode], index) => {
        writeFileSync(join(home.dir, names[index] ?? ''), content)
        chmodSync(join(home.dir, names[index] ?? ''), mode)
      })
      const before = snapshot(home.dir)
      const installed = runCmdaid(home, ['install', ...SHELLS])
      const changed = snapshot(home.dir)
      const removed = runCmdaid(home, ['uninstall', '--no-service'])
      return (
        installed.status === 0 &&
        removed.status === 0 &&
        JSON.stringify([...changed]) !== JSON.stringify([...before]) &&
        JSON.stringify([...snapshot(home.dir)]) === JSON.stringify([...before])
      )
    }),
    { numRuns: 15 },
  )
})
