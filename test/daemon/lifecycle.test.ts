import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readReady } from '../../src/adapters/runtime-dir/ready-file.ts'
import { verifyLog } from '../../src/adapters/audit-store/verify-log.ts'
import { TestDaemon } from '../support/daemon.ts'
import { PROJECT_DIR, makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { until } from '../support/until.ts'
import { RawShell } from './raw-shell.ts'
import { control, recordsOf, recordsOnDisk } from './records.ts'

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

/** Runs `cmdaid daemon` when it is expected to end by itself. */
function runDaemon(home: TemporaryHome, args: readonly string[] = []): Ended {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT_DIR, 'src/main.ts'), 'daemon', ...args],
    {
      env: home.env,
      encoding: 'utf8',
    },
  )
  return {
    status,
    stdout,
    stderr: stderr
      .split('\n')
      .filter((line) => !line.startsWith('{'))
      .join('\n'),
  }
}

t.test('everything a daemon makes is private, and its name is in ready while it serves', async (t) => {
  using home = makeTemporaryHome()
  await using daemon = await TestDaemon.start(home)
  const modeOf = (name: string): string => (statSync(join(home.runtimeDir, name)).mode & 0o777).toString(8)
  using shell = RawShell.join(home.runtimeDir)
  const slot = shell.slotDir.slice(home.runtimeDir.length + 1)
  t.strictSame(
    ['.', 'ready', 'control.sock', 'lock', 's', slot, `${slot}/req`, `${slot}/rep`].map((name) => [name, modeOf(name)]),
    [
      ['.', '700'],
      ['ready', '600'],
      ['control.sock', '600'],
      ['lock', '600'],
      ['s', '700'],
      [slot, '700'],
      [`${slot}/req`, '600'],
      [`${slot}/rep`, '600'],
    ],
  )
  t.strictSame(readReady(home.runtimeDir), { pid: daemon.pid, generation: 1 })
  await daemon.stop()
  t.strictSame(
    ['ready', 'control.sock'].map((name) => existsSync(join(home.runtimeDir, name))),
    [false, false],
  )
})

for (const [what, name, why] of [
  ['runtime directory', '.', '.*'],
  ['file `ready`', 'ready', '`ready` is gone'],
] as const) {
  t.test(`a daemon whose ${what} is taken away records its end and says why`, async (t) => {
    using home = makeTemporaryHome()
    await using daemon = await TestDaemon.start(home)
    // In one step: the daemon may just be making a slot.
    renameSync(join(home.runtimeDir, name), join(home.dir, 'taken'))
    t.equal(await daemon.ended(), 1)
    t.match(daemon.output, new RegExp(`CMDAID_ERR_DIR_UNSAFE: cannot go on with .*: ${why}`))
    const stop = (await recordsOnDisk(home)).findLast(({ record }) => record === 'DAEMON_STOP')
    t.equal(stop?.details['cause'], 'the runtime directory is gone')
  })
}

t.test('a second daemon says who serves, and the first goes on', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  const second = runDaemon(home)
  t.equal(second.status, 1)
  t.equal(second.stdout, '')
  t.match(
    second.stderr,
    new RegExp(
      `^cmdaid: error: CMDAID_ERR_DAEMON_RUNNING: another daemon serves .*\\(pid ${daemon.pid}\\)\ncmdaid: hint: `,
    ),
  )
  using shell = RawShell.join(home.runtimeDir)
  t.equal(await shell.ask('DENYME'), 'B')
})

t.test('a directory that is not the user’s alone is refused', async (t) => {
  const cases: readonly (readonly [string, (path: string, home: TemporaryHome) => void])[] = [
    ['others may enter it', (path) => (mkdirSync(path), chmodSync(path, 0o755))],
    ['it is a symbolic link', (path, home) => symlinkSync(home.dir, path)],
    ['it is not a directory', (path) => writeFileSync(path, '')],
  ]
  for (const [reason, make] of cases) {
    for (const which of ['runtimeDir', 'stateDir'] as const) {
      using home = makeTemporaryHome()
      make(home[which], home)
      const ended = runDaemon(home)
      t.equal(ended.status, 1, `${which}: ${reason}`)
      t.match(ended.stderr, /^cmdaid: error: CMDAID_ERR_DIR_UNSAFE: /)
    }
  }
})

t.test('arguments that do not exist are refused, and help is help', async (t) => {
  using home = makeTemporaryHome()
  const bad = runDaemon(home, ['--background'])
  t.strictSame([bad.status, bad.stdout], [2, ''])
  t.match(bad.stderr, /unknown argument "--background"/)
  const help = runDaemon(home, ['--help'])
  t.strictSame([help.status, help.stderr], [0, ''])
  t.match(help.stdout, /^Usage: cmdaid daemon/)
  t.notOk(existsSync(home.runtimeDir))
})

t.test('what was left by a daemon that was killed is no obstacle', async (t) => {
  using home = makeTemporaryHome()
  mkdirSync(join(home.runtimeDir, 's', '0123456789abcdef'), { recursive: true, mode: 0o700 })
  mkdirSync(join(home.runtimeDir, 's', '.fedcba9876543210'))
  chmodSync(join(home.runtimeDir, 's'), 0o700)
  writeFileSync(join(home.runtimeDir, 's', '0123456789abcdef', 'claimed'), '2147480000\n')
  writeFileSync(join(home.runtimeDir, 'ready'), '2147480000 7\n')
  writeFileSync(join(home.runtimeDir, 'control.sock'), 'not even a socket')
  writeFileSync(join(home.runtimeDir, 'lock.pid'), '2147480000\n')
  await using daemon = await TestDaemon.start(home)
  t.equal(readReady(home.runtimeDir)?.pid, daemon.pid)
  t.equal((await control(home, { request: 'status' })).pid, daemon.pid)
  await until('the old slots to go', () => !existsSync(join(home.runtimeDir, 's', '0123456789abcdef')))
})

t.test('a session lives through a daemon that is killed, and no synced record is lost', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  using shell = RawShell.join(home.runtimeDir)
  await shell.ask('true 1')
  shell.finish()
  await shell.ask('DENYME 2')
  await control(home, { request: 'flush' })
  const session = (await control(home, { request: 'sessions' })).sessions[0]
  await until('the session to be saved', () => savedSeq(shell) === 2)
  await daemon.kill()
  await daemon.start()
  shell.finish(130)
  t.equal(await shell.ask('DENYME 3'), 'D')
  shell.skip(1)
  t.equal(await shell.ask('true 5'), 'f')
  t.equal((await control(home, { request: 'sessions' })).sessions[0]?.id, session?.id)
  const own = (await recordsOf(home)).filter(({ context }) => context.session_id === session?.id)
  t.strictSame(
    own.map(({ event_type: type, session_seq: seq, details }) => [type, seq, details['first_seq'] ?? null]),
    [
      ['session_opened', null, null],
      ['command_started', 1, null],
      ['command_executed', 1, null],
      ['command_blocked', 2, null],
      ['command_ended', 2, null],
      ['command_blocked', 3, null],
      ['command_ended', 3, null],
      ['session_gap', null, 4],
      ['command_started', 5, null],
    ],
  )
  t.equal(own[3]?.attempt_id, own[4]?.attempt_id)
})

t.test('killed again and again while shells ask, the log stays whole', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  for (let round = 0; round < 4; round += 1) {
    using shell = RawShell.join(home.runtimeDir)
    for (let count = 0; count < 20; count += 1) {
      await shell.ask(`true ${round} ${count}`)
      if (count === 9) await control(home, { request: 'flush' })
    }
    await daemon.kill()
    await daemon.start()
  }
  const texts = new Set((await recordsOf(home)).map(({ command }) => command?.text))
  for (let round = 0; round < 4; round += 1) {
    for (let count = 0; count < 10; count += 1)
      t.ok(texts.has(`true ${round} ${count}`), `${round} ${count} was synced`)
  }
  await daemon.stop()
  const { verdict } = await verifyLog({ dir: join(home.stateDir, 'audit') })
  t.equal(verdict, 'UNANCHORED')
})

t.test('SIGTERM records what had arrived, closes the log and ends with 0', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  const daemon = await TestDaemon.start(home)
  using shell = RawShell.join(home.runtimeDir)
  for (let count = 0; count < 50; count += 1) await shell.ask(`true ${count}`)
  await daemon.stop()
  const records = await recordsOnDisk(home)
  t.equal(records.filter(({ event_type: type }) => type === 'command_started').length, 50)
  t.strictSame(
    records.slice(-2).map(({ event_type: type }) => type),
    ['daemon_stopped', 'log_closed'],
  )
  t.notOk(existsSync(join(home.runtimeDir, 'ready')))
  t.ok(existsSync(join(shell.slotDir, 'req')), 'the next daemon finds the session')
  await daemon.start()
  t.equal(await shell.ask('DENYME'), 'B')
  await daemon.stop()
})

t.test('SIGHUP takes a new policy, and a broken one changes nothing but is reported', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  using shell = RawShell.join(home.runtimeDir)
  const before = await control(home, { request: 'status' })
  writeFileSync(home.policyFile, 'version: 1\nrules: [{ id: broken\n')
  process.kill(daemon.pid, 'SIGHUP')
  await until('the refusal', async () => (await control(home, { request: 'status' })).policy.rejected)
  const refused = await control(home, { request: 'status' })
  t.equal(refused.policy.hash, before.policy.hash)
  t.match(refused.policy.rejected?.detail, /policy\.yaml:\d+:\d+: CMDAID_ERR_POLICY/)
  t.equal(await shell.ask('DENYME'), 'B')
  t.match(
    (await recordsOf(home)).findLast(({ event_type: type }) => type === 'policy_rejected'),
    { event_type: 'policy_rejected' },
  )

  writeFileSync(home.policyFile, TEST_POLICY)
  await until(
    'the end of the refusal',
    async () => (await control(home, { request: 'status' })).policy.rejected === null,
  )

  writeFileSync(home.policyFile, TEST_POLICY.replaceAll('DENYME', 'OTHERME'))
  process.kill(daemon.pid, 'SIGHUP')
  await until(
    'the new policy',
    async () => (await control(home, { request: 'status' })).policy.hash !== before.policy.hash,
  )
  const taken = await control(home, { request: 'status' })
  t.equal(taken.policy.rejected, null)
  t.strictSame([await shell.ask('DENYME'), await shell.ask('OTHERME')], ['c', 'D'])
  t.strictSame(readReady(home.runtimeDir), { pid: daemon.pid, generation: taken.generation })
  t.ok(taken.generation > before.generation)
})

t.test('a supervisor is told over its datagram socket', async (t) => {
  using home = makeTemporaryHome()
  const socket = join(home.dir, 'notify')
  const listener = spawn('python3', ['-u', '-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  let heard = ''
  listener.stdout.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  try {
    await until('the socket', () => existsSync(socket))
    const child = spawn(process.execPath, [join(PROJECT_DIR, 'src/main.ts'), 'daemon'], {
      env: { ...home.env, NOTIFY_SOCKET: socket },
      stdio: 'ignore',
    })
    await until('READY', () => heard.includes('READY=1'))
    t.match(heard, new RegExp(`MAINPID=${child.pid}`))
    child.kill('SIGHUP')
    await until('RELOADING and READY again', () => /RELOADING=1[^]*READY=1/.test(heard))
    child.kill('SIGTERM')
    await until('the end', () => child.exitCode !== null)
    await until('STOPPING', () => heard.includes('STOPPING=1'))
    t.equal(child.exitCode, 0)
  } finally {
    listener.kill()
  }
})

const LISTENER = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    data, ancillary, flags, address = socket.recv_fds(s, 4096, 4)
    for fd in ancillary:
        os.close(fd)
    print(data.decode())
`

function savedSeq(shell: RawShell): unknown {
  try {
    return (JSON.parse(readFileSync(join(shell.slotDir, 'session'), 'utf8')) as { lastSeq: unknown }).lastSeq
  } catch {
    return null
  }
}
