import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { PROJECT_DIR } from '../../support/home.ts'

const UNIT = join(PROJECT_DIR, 'systemd/cmdaid.service')
const ANALYZE = '/usr/bin/systemd-analyze'

t.test(
  'systemd finds nothing to say about the unit',
  {
    skip: existsSync(ANALYZE) ? false : 'systemd-analyze is not installed here',
  },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'cmdaid-unit-'))
    t.teardown(() => rmSync(dir, { recursive: true }))
    const verify = (text: string): readonly [number | null, string] => {
      const file = join(dir, 'cmdaid.service')
      writeFileSync(file, text)
      const { status, stderr } = spawnSync(ANALYZE, ['--user', 'verify', file], {
        env: { ...process.env, XDG_RUNTIME_DIR: dir, HOME: dir },
        encoding: 'utf8',
      })
      return [status, stderr]
    }
    // Verifying asks for an executable that is there; packages put ours where the unit says.
    const text = readFileSync(UNIT, 'utf8').replace('/usr/lib/cmdaid/bin/cmdaid', '/bin/true')
    t.strictSame(verify(text), [0, ''])
    t.match(verify(text.replace('UMask=', 'Umask='))[1], /Umask/, 'a misspelled setting is found')
  },
)

t.test('the unit keeps what the daemon needs', async (t) => {
  const text = readFileSync(UNIT, 'utf8')
  for (const line of [
    'Type=notify',
    'NotifyAccess=all',
    'ExecStart=/usr/lib/cmdaid/bin/cmdaid daemon',
    'Restart=on-failure',
    'UMask=0077',
    'NoNewPrivileges=yes',
  ]) {
    t.ok(text.split('\n').includes(line), line)
  }
  t.match(text, /^UnsetEnvironment=.*NODE_OPTIONS/m)
  t.notMatch(text, /^MemoryDenyWriteExecute/m)
})

t.test('the launchd agent is a property list that restarts the daemon only after trouble', async (t) => {
  const script = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))'
  const { stdout } = spawnSync('python3', ['-c', script, join(PROJECT_DIR, 'launchd/dev.cmdaid.daemon.plist')], {
    encoding: 'utf8',
  })
  const agent: unknown = JSON.parse(stdout)
  t.match(agent, {
    Label: 'dev.cmdaid.daemon',
    ProgramArguments: ['/usr/local/lib/cmdaid/bin/cmdaid', 'daemon'],
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    Umask: 0o077,
    EnvironmentVariables: { NODE_OPTIONS: '' },
  })
})
