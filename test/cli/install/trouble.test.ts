import t, { type Test } from 'tap'
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { copyProgram } from '../../support/copy-program.ts'
import { makeTemporaryHome, PROJECT_DIR, type TemporaryHome } from '../../support/home.ts'
import { plainEnv, type Ran, runCmdaid, snapshot, writeFiles } from '../../support/installed.ts'

// Each run is a process of its own.
t.setTimeout(240_000)

const SHELLS = ['--shell', 'bash,zsh', '--no-service']
/** Whether a file can be given this attribute here: it takes root, and not every file system has them. */
function withoutAttribute(attribute: 'i' | 'a'): false | string {
  using home = makeTemporaryHome()
  const set = (change: string): number | null => spawnSync('chattr', [change, join(home.dir, 'run')]).status
  return set(`+${attribute}`) === 0 && set(`-${attribute}`) === 0
    ? false
    : 'chattr does nothing here: this takes root and a file system that has it'
}

const notRoot = process.getuid?.() !== 0 && 'only root can become somebody else'

/** A home with three start files, of which `.zshrc` is then made difficult. */
function homeWith(files: Readonly<Record<string, string | Buffer>> = {}): TemporaryHome {
  const home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n', '.profile': 'p\n', ...files })
  return home
}

/** Nothing may have changed, and the code must say why. */
function refuses(t: Test, home: TemporaryHome, code: string, said: RegExp): void {
  const before = snapshot(home.dir)
  const ran = runCmdaid(home, ['install', ...SHELLS])
  t.match(ran, { status: 3, stdout: '', stderr: said })
  t.match(ran.stderr, `[${code}]\n`)
  t.match(ran.stderr, /\ncmdaid: hint: /)
  t.strictSame(snapshot(home.dir), before, 'nothing was changed')
  t.match(runCmdaid(home, ['install', '--dry-run', ...SHELLS]).stderr, `[${code}]\n`, 'a dry run says the same')
}

t.test('a read-only file is respected, also by root', async (t) => {
  using home = homeWith({ '.zshrc': 'z\n' })
  chmodSync(join(home.dir, '.zshrc'), 0o444)
  refuses(t, home, 'CMDAID_ERR_DOTFILE_READ_ONLY', /~\/\.zshrc is read-only; nothing was changed/)
})

t.test('a link into a read-only store is told with both names', async (t) => {
  using home = homeWith({ 'store/zshrc': 'z\n' })
  chmodSync(join(home.dir, 'store/zshrc'), 0o444)
  symlinkSync('store/zshrc', join(home.dir, '.zshrc'))
  refuses(t, home, 'CMDAID_ERR_DOTFILE_READ_ONLY', /~\/\.zshrc \(~\/store\/zshrc\) is read-only/)
})

t.test('a read-only folder', async (t) => {
  using home = homeWith({ 'zdot/zshrc': 'z\n' })
  symlinkSync('zdot/zshrc', join(home.dir, '.zshrc'))
  chmodSync(join(home.dir, 'zdot'), 0o555)
  refuses(t, home, 'CMDAID_ERR_DOTFILE_FOLDER', /~\/zdot, where ~\/\.zshrc is written, may not be written/)
})

t.test('an immutable file', { skip: withoutAttribute('i') }, async (t) => {
  using home = homeWith({ '.zshrc': 'z\n' })
  const file = join(home.dir, '.zshrc')
  spawnSync('chattr', ['+i', file])
  try {
    refuses(t, home, 'CMDAID_ERR_DOTFILE_READ_ONLY', /~\/\.zshrc is marked as immutable/)
  } finally {
    spawnSync('chattr', ['-i', file])
  }
})

t.test(
  'a file that takes only additions: what was written before it is taken back',
  { skip: withoutAttribute('a') },
  async (t) => {
    using home = homeWith({ '.zshrc': 'z\n' })
    const file = join(home.dir, '.zshrc')
    spawnSync('chattr', ['+a', file])
    try {
      const before = snapshot(home.dir)
      t.match(runCmdaid(home, ['install', ...SHELLS]), {
        status: 3,
        stderr: /cannot write ~\/\.zshrc; nothing was changed \[CMDAID_ERR_DOTFILE_WRITE\]/,
      })
      t.strictSame(snapshot(home.dir), before)
    } finally {
      spawnSync('chattr', ['-a', file])
    }
  },
)

t.test('links that lead nowhere, or in a circle', async (t) => {
  using dangling = homeWith()
  symlinkSync('gone', join(dangling.dir, '.zshrc'))
  refuses(t, dangling, 'CMDAID_ERR_DOTFILE_LINK', /~\/\.zshrc is a link to ~\/gone, which is not there/)
  using circle = homeWith()
  symlinkSync('.other', join(circle.dir, '.zshrc'))
  symlinkSync('.zshrc', join(circle.dir, '.other'))
  refuses(t, circle, 'CMDAID_ERR_DOTFILE_LINK', /~\/\.zshrc is a link that leads in a circle/)
})

t.test('what is no file', async (t) => {
  using folder = homeWith()
  mkdirSync(join(folder.dir, '.zshrc'))
  refuses(t, folder, 'CMDAID_ERR_DOTFILE_TYPE', /~\/\.zshrc is a folder, not a file/)
  using fifo = homeWith()
  spawnSync('mkfifo', [join(fifo.dir, '.zshrc')])
  refuses(t, fifo, 'CMDAID_ERR_DOTFILE_TYPE', /~\/\.zshrc is a FIFO/)
  using device = homeWith()
  symlinkSync('/dev/null', join(device.dir, '.zshrc'))
  refuses(t, device, 'CMDAID_ERR_DOTFILE_TYPE', /~\/\.zshrc \(\/dev\/null\) is a device/)
})

t.test('a file where a folder should be', async (t) => {
  using home = homeWith({ '.config': 'a file\n' })
  const before = snapshot(home.dir)
  const ran = runCmdaid(home, ['install', '--shell', 'bash,zsh', '--no-service'], {
    env: { ...plainEnv(home), ZDOTDIR: join(home.dir, '.config/zsh') },
  })
  t.match(ran, { status: 3, stderr: /\[CMDAID_ERR_DOTFILE_FOLDER\]/ })
  t.strictSame(snapshot(home.dir), before)
})

t.test('UTF-16, and more than anybody writes', async (t) => {
  using wide = homeWith({ '.zshrc': Buffer.from('\uFEFFalias a=b\n', 'utf16le') })
  refuses(t, wide, 'CMDAID_ERR_DOTFILE_TYPE', /~\/\.zshrc is written in UTF-16/)
  using huge = homeWith({ '.zshrc': Buffer.alloc(8_388_609, 'x\n') })
  refuses(t, huge, 'CMDAID_ERR_DOTFILE_TOO_LARGE', /~\/\.zshrc has 8388609 bytes/)
})

t.test('a large file is edited', async (t) => {
  using home = homeWith({ '.zshrc': Buffer.alloc(8_000_000, 'line of some length\r\n') })
  const before = snapshot(home.dir)
  t.equal(runCmdaid(home, ['install', ...SHELLS]).status, 0)
  t.equal(runCmdaid(home, ['uninstall', '--no-service']).status, 0)
  t.ok(JSON.stringify([...snapshot(home.dir)]) === JSON.stringify([...before]), 'every byte is back')
})

t.test('every problem is told at once', async (t) => {
  using home = homeWith()
  mkdirSync(join(home.dir, '.zshrc'))
  chmodSync(join(home.dir, '.profile'), 0o400)
  const { stderr } = runCmdaid(home, ['install', ...SHELLS])
  t.match(
    stderr,
    /~\/\.profile is read-only; ~\/\.zshrc is a folder, not a file \[CMDAID_ERR_DOTFILE_TYPE\]; nothing was changed \[CMDAID_ERR_DOTFILE_READ_ONLY\]/,
  )
})

t.test('a link is written through, and stays a link', async (t) => {
  using home = homeWith({ 'dotfiles/zshrc': 'z' })
  mkdirSync(join(home.dir, 'links'))
  symlinkSync('../dotfiles/zshrc', join(home.dir, 'links/zshrc'))
  symlinkSync(join(home.dir, 'links/zshrc'), join(home.dir, '.zshrc'))
  const before = snapshot(home.dir)
  const ran = runCmdaid(home, ['install', ...SHELLS])
  t.match(ran.stdout, 'changed    zsh         ~/.zshrc (a link to ~/dotfiles/zshrc)\n')
  t.equal(readlinkSync(join(home.dir, '.zshrc')), join(home.dir, 'links/zshrc'))
  t.match(readFileSync(join(home.dir, 'dotfiles/zshrc'), 'utf8'), '# >>> cmdaid')
  runCmdaid(home, ['uninstall', '--no-service'])
  t.strictSame(snapshot(home.dir), before)
})

t.test('two names of one file get the lines once', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { '.bashrc': 'b\n' })
  symlinkSync('.bashrc', join(home.dir, '.bash_profile'))
  const before = snapshot(home.dir)
  runCmdaid(home, ['install', ...SHELLS])
  t.equal(readFileSync(join(home.dir, '.bashrc'), 'utf8').split('# >>> cmdaid').length, 2)
  runCmdaid(home, ['uninstall', '--no-service'])
  t.strictSame(snapshot(home.dir), before)
})

t.test('mode, owner, attributes and second names are kept', { skip: notRoot }, async (t) => {
  using home = homeWith({ '.zshrc': 'z\n' })
  const [rc, profile] = [join(home.dir, '.bashrc'), join(home.dir, '.profile')]
  chmodSync(rc, 0o640)
  chownSync(rc, 0, 4242)
  linkSync(profile, join(home.dir, 'second-name'))
  const tagged =
    spawnSync('python3', ['-c', 'import os,sys; os.setxattr(sys.argv[1], "user.cmdaid", b"kept")', rc]).status === 0
  const { ino } = statSync(profile)
  const before = snapshot(home.dir)
  t.equal(runCmdaid(home, ['install', ...SHELLS]).status, 0)
  t.match(statSync(rc), { mode: 0o100640, uid: 0, gid: 4242 })
  t.equal(statSync(profile).ino, ino, 'a file with two names is written in place')
  if (tagged) {
    const read = spawnSync('python3', ['-c', 'import os,sys; print(os.getxattr(sys.argv[1], "user.cmdaid"))', rc])
    t.equal(read.stdout.toString(), "b'kept'\n")
  }
  t.equal(runCmdaid(home, ['uninstall', '--no-service']).status, 0)
  t.strictSame(snapshot(home.dir), before)
})

t.test(
  "root does not write into somebody else's home, and a person not into the system",
  { skip: notRoot },
  async (t) => {
    using home = homeWith()
    chownSync(home.dir, 4242, 4242)
    const before = snapshot(home.dir)
    t.match(runCmdaid(home, ['install', ...SHELLS]), {
      status: 3,
      stderr: /~ belongs to user 4242, and you are user 0 \[CMDAID_ERR_INSTALL_NOT_YOURS\]/,
    })
    for (const action of ['install', 'uninstall']) {
      t.match(runCmdaid(home, [action, '--system'], { uid: 4242 }), {
        status: 3,
        stderr: /only root can install for every user of this machine \[CMDAID_ERR_INSTALL_NOT_ROOT\]/,
      })
    }
    t.strictSame(snapshot(home.dir), before)
  },
)

t.test('a person who is not root installs and uninstalls', { skip: notRoot }, async (t) => {
  using home = homeWith({ '.zshrc': 'z' })
  spawnSync('chown', ['-R', '4242:4242', home.dir])
  const before = snapshot(home.dir)
  t.match(runCmdaid(home, ['install', ...SHELLS], { uid: 4242 }), { status: 0, stderr: '' })
  t.equal(statSync(join(home.dir, '.zshrc')).uid, 4242)
  t.match(runCmdaid(home, ['uninstall', '--no-service'], { uid: 4242 }), { status: 0, stderr: '' })
  t.strictSame(snapshot(home.dir), before)
  chownSync(join(home.dir, '.zshrc'), 0, 0)
  t.match(runCmdaid(home, ['install', ...SHELLS], { uid: 4242 }), {
    status: 3,
    stderr: /~\/\.zshrc may not be written; nothing was changed \[CMDAID_ERR_DOTFILE_READ_ONLY\]/,
  })
})

t.test('a program that others can change is put into no start file', async (t) => {
  using home = homeWith()
  const copy = copyProgram(home)
  const before = snapshot(home.dir, ['program'])
  const program = join(copy, 'src/main.ts')
  chmodSync(join(copy, 'shell-hooks'), 0o777)
  t.match(runCmdaid(home, ['install', ...SHELLS], { program }), {
    status: 3,
    stderr: /others than you can change ~\/program\/shell-hooks \[CMDAID_ERR_INSTALL_UNSAFE\]/,
  })
  t.strictSame(snapshot(home.dir, ['program']), before)
  chmodSync(join(copy, 'shell-hooks'), 0o755)
  t.equal(runCmdaid(home, ['install', ...SHELLS], { program }).status, 0)
  t.match(readFileSync(join(home.dir, '.bashrc'), 'utf8'), `'${copy}/shell-hooks/cmdaid.bash'`)
  // From elsewhere: the lines follow, and undoing is what it was.
  t.equal(runCmdaid(home, ['install', ...SHELLS]).status, 0)
  t.notMatch(readFileSync(join(home.dir, '.bashrc'), 'utf8'), copy)
  t.equal(runCmdaid(home, ['uninstall', '--no-service'], { program }).status, 0)
  t.strictSame(snapshot(home.dir, ['program']), before)
})

t.test('a record that is damaged is not guessed at', async (t) => {
  using home = homeWith()
  runCmdaid(home, ['install', ...SHELLS])
  const record = join(home.dir, '.local/state/cmdaid/install/installed.json')
  for (const text of [
    '',
    '{',
    '{"v":2}',
    '{"v":1,"files":[{"path":"/x","owner":"bash","backup":"../../x"}],"folders":[]}',
  ]) {
    writeFileSync(record, text)
    const before = snapshot(home.dir)
    t.match(runCmdaid(home, ['uninstall', '--no-service']), { status: 3, stderr: /\[CMDAID_ERR_INSTALL_STATE\]/ }, text)
    t.strictSame(snapshot(home.dir), before)
  }
})

t.test('installations at the same time do each their work once', async (t) => {
  using home = homeWith({ '.zshrc': 'z' })
  const before = snapshot(home.dir)
  const start = (words: readonly string[]): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(PROJECT_DIR, 'src/main.ts'), ...words], {
        cwd: home.dir,
        env: plainEnv(home),
      })
      const ran = { stdout: '', stderr: '' }
      child.stdout.on('data', (bytes: Buffer) => (ran.stdout += bytes.toString()))
      child.stderr.on('data', (bytes: Buffer) => (ran.stderr += bytes.toString()))
      child.once('error', reject)
      child.once('close', (status) => resolve({ status, ...ran }))
    })
  const installs = await Promise.all(Array.from({ length: 6 }, () => start(['install', ...SHELLS])))
  t.strictSame(
    installs.map(({ status, stderr }) => ({ status, stderr })),
    Array.from({ length: 6 }, () => ({ status: 0, stderr: '' })),
  )
  t.equal(installs.filter(({ stdout }) => stdout.startsWith('changed')).length, 1)
  for (const name of ['.bashrc', '.profile', '.zshrc']) {
    t.equal(readFileSync(join(home.dir, name), 'utf8').split('# >>> cmdaid').length, 2, name)
  }
  const mixed = await Promise.all(
    Array.from({ length: 6 }, (_, index) => start([index % 2 === 0 ? 'uninstall' : 'install', ...SHELLS])),
  )
  t.strictSame(
    mixed.map(({ status, stderr }) => ({ status, stderr })),
    Array.from({ length: 6 }, () => ({ status: 0, stderr: '' })),
  )
  t.equal(runCmdaid(home, ['uninstall', '--no-service']).status, 0)
  t.strictSame(snapshot(home.dir), before)
})
