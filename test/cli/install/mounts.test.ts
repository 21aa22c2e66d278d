import t from 'tap'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTemporaryHome, PROJECT_DIR, type TemporaryHome } from '../../support/home.ts'
import { plainEnv, writeFiles } from '../../support/installed.ts'

/** Each case has a mount namespace of its own: nothing of it is seen outside. */
const withoutNamespaces =
  spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt']).status !== 0 &&
  'this takes root and mount namespaces'

/** Runs a script in which `cmdaid` is the program; returns what it printed. */
function inNamespace(home: TemporaryHome, script: string): string {
  const program = `cmdaid() { '${process.execPath}' '${join(PROJECT_DIR, 'src/main.ts')}' "$@"; }`
  const ran = spawnSync('unshare', ['-m', 'sh', '-c', `exec 2>&1; cd ~; ${program}\n${script}`], {
    env: plainEnv(home),
    encoding: 'utf8',
  })
  return `${ran.stdout}${ran.stderr}`.replaceAll(home.dir, '~')
}

t.test('a file that is a mount is written in place', { skip: withoutNamespaces }, async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { 'elsewhere/zshrc': 'z', '.zshrc': '' })
  const shown = inNamespace(
    home,
    `mount --bind elsewhere/zshrc .zshrc
    cmdaid install --shell zsh --no-service >/dev/null; echo "installed $?"
    grep -c '# >>> cmdaid' elsewhere/zshrc .zshrc
    cmdaid uninstall --no-service >/dev/null; echo "uninstalled $?"
    cat .zshrc`,
  )
  t.equal(shown, 'installed 0\nelsewhere/zshrc:1\n.zshrc:1\nuninstalled 0\nz')
})

t.test(
  'on a disk that fills up while files are written, all are what they were',
  { skip: withoutNamespaces },
  async (t) => {
    using home = makeTemporaryHome()
    const shown = inNamespace(
      home,
      `mkdir small && mount -t tmpfs -o size=256k none small
    export HOME=~/small XDG_STATE_HOME=~/state; cd small
    echo b >.bashrc; yes line of the profile | head -c 60000 >.profile; echo z >.zshrc
    sha256sum .bashrc .profile .zshrc >../before
    # Room for the temporary file of the first, and not for that of the second.
    head -c 140k /dev/zero >ballast
    cmdaid install --shell bash,zsh --no-service; echo "exit $?"
    sha256sum -c --quiet ../before && ls -A
    rm ballast
    cmdaid install --shell bash,zsh --no-service >/dev/null; echo "exit $?"
    cmdaid uninstall --no-service >/dev/null; sha256sum -c --quiet ../before && ls -A`,
    )
    t.match(
      shown,
      /^cmdaid: error: cannot write ~\/small\/\.profile; nothing was changed \[CMDAID_ERR_DOTFILE_WRITE\]\ncmdaid: cause: ENOSPC/,
    )
    t.match(shown, /\nexit 3\n\.bashrc\n\.profile\n\.zshrc\nballast\nexit 0\n\.bashrc\n\.profile\n\.zshrc\n$/)
    t.equal(readFileSync(join(home.dir, 'before'), 'utf8').split('\n').length, 4)
  },
)

t.test('a file system that is mounted read-only is told as such', { skip: withoutNamespaces }, async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { 'store/zshrc': 'z\n' })
  const shown = inNamespace(
    home,
    `mount --bind store store && mount -o remount,ro,bind store && ln -s store/zshrc .zshrc
    cmdaid install --shell zsh --no-service; echo "exit $?"; ls -A .local 2>&1`,
  )
  t.match(
    shown,
    /~\/\.zshrc \(~\/store\/zshrc\) is on a read-only file system; nothing was changed \[CMDAID_ERR_DOTFILE_READ_ONLY\]/,
  )
  t.match(shown, /exit 3\nls: cannot access '\.local'/)
})
