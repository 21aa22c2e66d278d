import t from 'tap'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { makeTemporaryHome, PROJECT_DIR, type TemporaryHome } from '../../support/home.ts'
import { copyProgram } from '../../support/copy-program.ts'
import { runCmdaid, type Ran, snapshot, writeFiles } from '../../support/installed.ts'

// Each run is a process of its own.
t.setTimeout(240_000)

/** Images of machines, as far as shells and service managers are concerned. */
const DEBIAN = {
  'usr/bin/bash': '',
  'usr/bin/zsh': '',
  'etc/bash.bashrc': '# Debian\n',
  'etc/profile': '. /etc/profile.d/*\n',
  'etc/profile.d/00-first.sh': '',
  'etc/zsh/zshrc': '# zsh',
  'etc/zsh/zshenv': 'path=(/bin)\n',
  'etc/systemd/user.conf': '',
  'etc/systemd/user/other.service': '',
}
const FEDORA = {
  'usr/bin/bash': '',
  'bin/zsh': '',
  'etc/bashrc': '# Fedora\n',
  'etc/profile.d/x.sh': '',
  'etc/zshrc': 'z\r\n',
  'usr/lib/systemd/user/x': '',
}

function system(home: TemporaryHome, action: 'install' | 'uninstall', ...words: readonly string[]): Ran {
  return runCmdaid(home, [action, '--system', '--root', join(home.dir, 'image'), ...words])
}

function image(files: Readonly<Record<string, string>>): TemporaryHome {
  const home = makeTemporaryHome()
  for (const [name, text] of Object.entries(files)) writeFiles(home.dir, { [`image/${name}`]: text })
  return home
}

t.test('on Debian and its kin', async (t) => {
  using home = image(DEBIAN)
  const before = snapshot(home.dir)
  t.strictSame(system(home, 'install'), {
    status: 0,
    stdout: `changed    bash        ~/image/etc/bash.bashrc
created    bash        ~/image/etc/profile.d/zz-cmdaid.sh
changed    zsh         ~/image/etc/zsh/zshrc
created    service     ~/image/etc/systemd/user/cmdaid.service
started    service     every user who logs in from now on gets a daemon
kept       copies      of the files as they were, in ~/image/var/lib/cmdaid/install
to do                  shells that are open already stay unchecked: start new ones
`,
    stderr: '',
  })
  const etc = join(home.dir, 'image/etc')
  const hooks = join(PROJECT_DIR, 'shell-hooks')
  t.match(readFileSync(join(etc, 'zsh/zshrc'), 'utf8'), `. '${hooks}/cmdaid.zsh'`)
  t.match(readFileSync(join(etc, 'profile.d/zz-cmdaid.sh'), 'utf8'), `. '${hooks}/cmdaid.bash'`)
  t.equal(statSync(join(etc, 'profile.d/zz-cmdaid.sh')).mode & 0o777, 0o644)
  t.equal(readlinkSync(join(etc, 'systemd/user/default.target.wants/cmdaid.service')), '../cmdaid.service')
  t.notMatch(readFileSync(join(etc, 'systemd/user/cmdaid.service'), 'utf8'), 'XDG_STATE_HOME')
  const installed = snapshot(home.dir)
  t.match(system(home, 'install').stdout, /^(?:unchanged .*\n){4}/)
  t.strictSame(snapshot(home.dir), installed)
  t.match(system(home, 'uninstall'), {
    status: 0,
    stdout: /^changed .*\nremoved .*\nchanged .*\nremoved {4}service/,
    stderr: '',
  })
  t.strictSame(snapshot(home.dir), before)
})

t.test('on Fedora, on macOS, and where there is hardly anything', async (t) => {
  using fedora = image(FEDORA)
  using alpine = image({ 'bin/bash': '', 'etc/bash/bashrc': '', 'etc/profile.d/x.sh': '' })
  using bare = image({ 'bin/zsh': '' })
  const changed = (home: TemporaryHome): string[] => {
    const before = snapshot(home.dir)
    const ran = system(home, 'install', '--json')
    const { files } = JSON.parse(ran.stdout) as { files: { path: string; action: string }[] }
    system(home, 'uninstall')
    t.strictSame(snapshot(home.dir), before)
    return files.map(({ path, action }) => `${action} ${path.replace('~/image', '')}`)
  }
  t.strictSame(
    [changed(fedora), changed(alpine), changed(bare)],
    [
      [
        'changed /etc/bashrc',
        'created /etc/profile.d/zz-cmdaid.sh',
        'changed /etc/zshrc',
        'created /etc/systemd/user/cmdaid.service',
      ],
      ['changed /etc/bash/bashrc', 'created /etc/profile.d/zz-cmdaid.sh'],
      ['created /etc/zshrc'],
    ],
  )
})

t.test('PowerShell and fish, each in the folder of their own', async (t) => {
  using home = image({
    'opt/microsoft/powershell/7/pwsh': '',
    'opt/microsoft/powershell/7/pwsh.dll': '',
    'usr/bin/fish': '',
    'etc/fish/config.fish': '',
  })
  const before = snapshot(home.dir)
  const ran = system(home, 'install')
  t.match(ran, {
    status: 0,
    stdout:
      /created {4}fish {8}~\/image\/etc\/fish\/conf\.d\/cmdaid\.fish\ncreated {4}powershell {2}~\/image\/opt\/microsoft\/powershell\/7\/profile\.ps1\n/,
  })
  system(home, 'uninstall')
  t.strictSame(snapshot(home.dir), before)
})

t.test('a link out of the image is not followed', async (t) => {
  using home = image(DEBIAN)
  writeFiles(home.dir, { 'outside/zshrc': 'z\n' })
  const zshrc = join(home.dir, 'image/etc/zsh/zshrc')
  spawnSync('rm', [zshrc])
  symlinkSync(join(home.dir, 'outside/zshrc'), zshrc)
  const before = snapshot(home.dir)
  t.match(system(home, 'install'), {
    status: 3,
    stderr: /zshrc leads out of ~\/image, to ~\/outside\/zshrc; nothing was changed \[CMDAID_ERR_DOTFILE_LINK\]/,
  })
  t.strictSame(snapshot(home.dir), before)
  spawnSync('rm', ['-r', zshrc, join(home.dir, 'image/etc/profile.d')])
  mkdirSync(join(home.dir, 'elsewhere'))
  symlinkSync(join(home.dir, 'elsewhere'), join(home.dir, 'image/etc/profile.d'))
  t.match(system(home, 'install'), { status: 3, stderr: /\[CMDAID_ERR_DOTFILE_LINK\]/ })
  t.strictSame([...snapshot(join(home.dir, 'elsewhere'))], [])
})

const notRoot = process.getuid?.() !== 0 && 'only root can give a folder away'

t.test('a program that a person can change is not made part of every shell', { skip: notRoot }, async (t) => {
  using home = image(DEBIAN)
  const program = join(copyProgram(home), 'src/main.ts')
  const words = ['install', '--system', '--root', join(home.dir, 'image')]
  const before = snapshot(join(home.dir, 'image'))
  for (const spoil of [
    (): unknown => spawnSync('chown', ['4242', join(home.dir, 'program/shell-hooks/cmdaid.bash')]),
    (): unknown => spawnSync('chmod', ['g+w', join(home.dir, 'program/shell-hooks')]),
  ]) {
    spoil()
    t.match(runCmdaid(home, words, { program }), {
      status: 3,
      stderr: /others than root can change ~\/program\/shell-hooks.* \[CMDAID_ERR_INSTALL_UNSAFE\]/,
    })
    t.strictSame(snapshot(join(home.dir, 'image')), before)
    spawnSync('chown', ['-R', '0:0', join(home.dir, 'program')])
  }
  spawnSync('chmod', ['g-w', join(home.dir, 'program/shell-hooks')])
  spawnSync('chmod', ['o+w', program])
  t.match(runCmdaid(home, words, { program }), {
    status: 3,
    stderr: /others than root can change ~\/program\/src\/main\.ts/,
  })
  t.strictSame(snapshot(join(home.dir, 'image')), before)
  spawnSync('chmod', ['o-w', program])
  t.equal(runCmdaid(home, words, { program }).status, 0)
})

/**
 * The real thing: as root, into this machine's own /etc and /var/lib; but in a mount namespace of its own, where both are
 * copies, so that no other shell of the machine meets the hook meanwhile.
 */
const withoutNamespaces =
  spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt']).status !== 0 &&
  'this takes root and mount namespaces'

t.test("into this machine's own files, and out again", { skip: withoutNamespaces }, async (t) => {
  using home = makeTemporaryHome()
  const program = `${process.execPath} ${join(PROJECT_DIR, 'src/main.ts')}`
  const script = `set -eu
    list() { (cd / && find etc var/lib/cmdaid -print0 2>/dev/null | sort -z | tar -c --no-recursion --null -T - --mtime=@0 2>/dev/null | sha256sum); }
    mkdir '${home.dir}/etc' && cp -a /etc/. '${home.dir}/etc/' && mount --bind '${home.dir}/etc' /etc
    mount -t tmpfs none /var/lib
    list >'${home.dir}/run/before'
    ${program} install --system --non-interactive >'${home.dir}/run/installed'
    list >'${home.dir}/run/during'
    bash -ic 'declare -F __cmdaid_unload' >'${home.dir}/run/hooked' 2>/dev/null
    env -i HOME=/nowhere PATH="$PATH" bash -l -ic 'declare -F __cmdaid_unload' >>'${home.dir}/run/hooked' 2>/dev/null
    if command -v zsh >/dev/null; then zsh -ic 'whence __cmdaid_unload' >>'${home.dir}/run/hooked' 2>/dev/null; fi
    if command -v fish >/dev/null; then fish -ic 'functions -q __cmdaid_unload; and echo __cmdaid_unload' >>'${home.dir}/run/hooked' 2>/dev/null; fi
    bash -c 'declare -F __cmdaid_unload || echo no' >>'${home.dir}/run/hooked'
    grep -lr '# >>> cmdaid' /etc | sort >'${home.dir}/run/files'
    ${program} uninstall --system >'${home.dir}/run/removed'
    list >'${home.dir}/run/after'`
  const ran = spawnSync('unshare', ['-m', 'sh', '-c', script], {
    env: { PATH: process.env['PATH'], HOME: home.dir },
    encoding: 'utf8',
  })
  t.strictSame({ status: ran.status, stderr: ran.stderr }, { status: 0, stderr: '' })
  const read = (name: string): string => readFileSync(join(home.dir, 'run', name), 'utf8')
  t.equal(read('after'), read('before'), 'every byte, mode and owner under /etc is what it was')
  t.not(read('during'), read('before'))
  t.match(read('hooked'), /^(?:__cmdaid_unload\n){2,4}no\n$/, 'interactive shells of everybody load the hook')
  t.match(read('files'), existsSync('/etc/bash.bashrc') ? '/etc/bash.bashrc\n' : /./)
})
