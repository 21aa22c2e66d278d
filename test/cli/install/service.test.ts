import t from 'tap'
import { chmodSync, existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTemporaryHome, type TemporaryHome } from '../../support/home.ts'
import { plainEnv, runCmdaid, snapshot, writeFiles } from '../../support/installed.ts'

/**
 * A service manager in the place of the machine's, which tests must not touch: it answers like systemctl(1), notes what it was
 * asked, and fails where the file `fails` says so.
 */
function withManager(home: TemporaryHome): { readonly env: Record<string, string>; readonly calls: () => string[] } {
  const script = `#!/bin/sh\necho "$*" >>'${home.dir}/run/calls'\nif grep -qxF -e "$2" '${home.dir}/run/fails' 2>/dev/null; then echo "cannot $2" >&2; exit 1; fi\n`
  writeFiles(home.dir, { 'run/bin/systemctl': script })
  chmodSync(join(home.dir, 'run/bin/systemctl'), 0o755)
  const env = plainEnv(home)
  return {
    env: { ...env, PATH: `${home.dir}/run/bin:${env['PATH'] ?? ''}` },
    calls: () =>
      readFileSync(join(home.dir, 'run/calls'), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && line !== '--user show-environment'),
  }
}

const UNIT = '.config/systemd/user/cmdaid.service'
const INSTALL = ['install', '--shell', 'bash']

t.test('the daemon gets a service, started now and at each login, and loses it again', async (t) => {
  using home = makeTemporaryHome()
  const { env, calls } = withManager(home)
  const before = snapshot(home.dir, ['run'])
  const installed = runCmdaid(home, INSTALL, { env: { ...env, XDG_STATE_HOME: join(home.dir, 'my state') } })
  t.match(installed, {
    status: 0,
    stderr: '',
    stdout:
      /\ncreated {4}service {5}~\/\.config\/systemd\/user\/cmdaid\.service\nstarted {4}service {5}the daemon runs/,
  })
  const unit = readFileSync(join(home.dir, UNIT), 'utf8')
  t.match(unit, `\nEnvironment="XDG_STATE_HOME=${home.dir}/my state"\n`)
  t.match(unit, /\nExecStart="\/.*node" "\/.*\/src\/main\.ts" "daemon"\n/)
  t.equal(readlinkSync(join(home.dir, '.config/systemd/user/default.target.wants/cmdaid.service')), '../cmdaid.service')
  t.strictSame(calls(), [
    '--user daemon-reload',
    '--user restart cmdaid.service',
    '--user is-active --quiet cmdaid.service',
  ])
  const again = runCmdaid(home, INSTALL, { env: { ...env, XDG_STATE_HOME: join(home.dir, 'my state') } })
  t.match(again.stdout, 'unchanged  service')
  t.match(calls().slice(3), ['--user daemon-reload', '--user start cmdaid.service'], 'one that runs is left alone')

  const removed = runCmdaid(home, ['uninstall'], { env: { ...env, XDG_STATE_HOME: join(home.dir, 'my state') } })
  t.match(removed.stdout, /\nremoved {4}service .*\nstopped {4}service/)
  t.strictSame(calls().slice(-2), ['--user stop cmdaid.service', '--user daemon-reload'])
  t.strictSame(snapshot(home.dir, ['run']), before)
})

t.test('a daemon that does not start is told, and the start files are done all the same', async (t) => {
  using home = makeTemporaryHome()
  const { env } = withManager(home)
  writeFileSync(join(home.dir, 'run/fails'), 'restart\n')
  const ran = runCmdaid(home, INSTALL, { env })
  t.match(ran, {
    status: 1,
    stdout:
      /\nfailed {5}service {5}`systemctl --user restart cmdaid\.service` failed: cannot restart\nto do .*cmdaid daemon/,
  })
  t.match(readFileSync(join(home.dir, '.bashrc'), 'utf8'), '# >>> cmdaid')
})

t.test('the service stays while another shell does, and where it is not wanted', async (t) => {
  using home = makeTemporaryHome()
  const { env } = withManager(home)
  runCmdaid(home, ['install', '--shell', 'bash,zsh'], { env })
  runCmdaid(home, ['uninstall', '--shell', 'bash'], { env })
  t.ok(existsSync(join(home.dir, UNIT)))
  runCmdaid(home, ['uninstall', '--no-service'], { env })
  t.ok(existsSync(join(home.dir, UNIT)))
  runCmdaid(home, ['uninstall'], { env })
  t.notOk(existsSync(join(home.dir, UNIT)))
})

t.test("somebody's own unit is neither replaced nor removed", async (t) => {
  using home = makeTemporaryHome()
  const { env } = withManager(home)
  writeFiles(home.dir, { [UNIT]: '[Service]\nExecStart=/mine\n' })
  const before = snapshot(home.dir, ['run'])
  const installed = runCmdaid(home, INSTALL, { env })
  t.match(installed.stdout, /\nstarted {4}service {5}the daemon runs\n/)
  t.match(installed.stdout, 'the unit cmdaid.service is not ours: `systemctl --user enable cmdaid.service`')
  const removed = runCmdaid(home, ['uninstall'], { env })
  t.match(removed.stdout, 'the unit cmdaid.service is not ours: `systemctl --user disable --now cmdaid.service`')
  t.strictSame(snapshot(home.dir, ['run']), before)
})

t.test('without a service manager it says how to start the daemon', async (t) => {
  using home = makeTemporaryHome()
  const ran = runCmdaid(home, INSTALL)
  t.match(ran, { status: 0, stdout: /to do .*start the daemon: `cmdaid daemon`; no service manager answers here/ })
  t.notOk(existsSync(join(home.dir, UNIT)))
})
