import t from 'tap'
import { resolvePaths } from '../../src/core/paths.ts'

t.test('the XDG variables decide where things are', async (t) => {
  const env = { XDG_RUNTIME_DIR: '/run/user/7', XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c' }
  t.strictSame(resolvePaths({ env, platform: 'linux', home: '/home/u', uid: 7 }), {
    runtimeDir: '/run/user/7/cmdaid',
    controlSocket: '/run/user/7/cmdaid/control.sock',
    stateDir: '/s/cmdaid',
    auditDir: '/s/cmdaid/audit',
    configDir: '/c/cmdaid',
    policyFile: '/c/cmdaid/policy.yaml',
    organisationDir: '/etc/cmdaid',
    organisationPolicyFile: '/etc/cmdaid/policy.yaml',
  })
})

t.test('without them the fallbacks are the same for hook and daemon', async (t) => {
  t.equal(resolvePaths({ env: {}, platform: 'linux', home: '/home/u', uid: 7 }).runtimeDir, '/tmp/cmdaid-7')
  t.equal(
    resolvePaths({ env: { XDG_RUNTIME_DIR: '' }, platform: 'linux', home: '/h', uid: 7 }).runtimeDir,
    '/tmp/cmdaid-7',
  )
  const mac = resolvePaths({ env: { TMPDIR: '/var/T/' }, platform: 'darwin', home: '/Users/u', uid: 501 })
  t.equal(mac.runtimeDir, '/var/T/cmdaid')
  t.equal(mac.organisationPolicyFile, '/Library/Application Support/cmdaid/policy.yaml')
  t.equal(mac.auditDir, '/Users/u/.local/state/cmdaid/audit')
})

t.test('no variable moves the organisation’s directory', async (t) => {
  const env = { CMDAID_ORG_DIR: '/tmp/mine', XDG_CONFIG_DIRS: '/tmp/mine' }
  t.equal(resolvePaths({ env, platform: 'linux', home: '/h', uid: 1 }).organisationDir, '/etc/cmdaid')
})
