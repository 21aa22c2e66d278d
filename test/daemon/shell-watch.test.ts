import { chmodSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import t from 'tap'
import type { ShellProcess } from '../../src/adapters/host-info/shell-process.ts'
import type { AuditEvent } from '../../src/core/event/event.ts'
import { UNHOOKED_MAX } from '../../src/core/limits.ts'
import { isServedElsewhere } from '../../src/daemon/served-elsewhere.ts'
import { ShellWatch } from '../../src/daemon/shell-watch.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { startShell } from '../support/shell-rc.ts'

function shell(pid: number, more: Partial<ShellProcess> = {}): ShellProcess {
  return { shell: 'zsh', pid, start: String(pid * 10), tty: '/dev/pts/7', ageMs: 60_000, ...more }
}

/** A watch over a machine whose processes a test decides on. */
function watched() {
  const world = {
    shells: [] as ShellProcess[],
    hooked: new Set<number>(),
    elsewhere: new Set<number>(),
    looks: 0,
    ns: 0n,
  }
  const events: AuditEvent[] = []
  const errors: unknown[] = []
  const watch = new ShellWatch({
    find: async () => {
      world.looks += 1
      return world.shells
    },
    hooked: () => world.hooked,
    isElsewhere: (pid) => world.elsewhere.has(pid),
    append: (event) => events.push(event),
    ancestry: () => [],
    clock: { nowUs: () => 5n, monotonicNs: () => world.ns },
    onError: (error) => errors.push(error),
  })
  const look = async (): Promise<void> => {
    world.ns += 10_000_000_000n
    await watch.look()
  }
  const recorded = () => events.map((event) => (event.kind === 'shell.unhooked' ? event.pid : event.kind))
  return { world, watch, look, events, errors, recorded }
}

t.test('a shell without a session is listed, and recorded once for each process', async (t) => {
  const { world, watch, look, events, recorded } = watched()
  world.shells = [shell(10), shell(11), shell(12)]
  world.hooked.add(11)
  await look()
  await look()
  t.strictSame(events[0], {
    kind: 'shell.unhooked',
    shell: 'zsh',
    pid: 10,
    pidStart: '100',
    tty: '/dev/pts/7',
    actor: { kind: 'human', name: null, evidence: 'claimed' },
    atUs: 5n,
  })
  t.strictSame(recorded(), [10, 12])
  t.strictSame(
    watch.unhooked.map(({ pid }) => pid),
    [10, 12],
  )
  world.hooked.add(10)
  t.strictSame(
    watch.unhooked.map(({ pid }) => pid),
    [12],
  )
})

t.test('a process id that comes again is another shell; one that loses its session is not told twice', async (t) => {
  const { world, look, recorded } = watched()
  world.shells = [shell(10)]
  await look()
  world.hooked.add(10)
  await look()
  world.hooked.clear()
  await look()
  t.strictSame(recorded(), [10])
  world.shells = [shell(10, { start: '999' })]
  await look()
  t.strictSame(recorded(), [10, 10])
})

t.test('shells that have just started, and those of another daemon, are left alone', async (t) => {
  const { world, watch, look, recorded } = watched()
  world.shells = [shell(10, { ageMs: 9_000 }), shell(11)]
  world.elsewhere.add(11)
  await look()
  t.strictSame([recorded(), watch.unhooked], [[], []])
})

t.test('it looks no more often than it may, and once at a time', async (t) => {
  const { world, watch } = watched()
  await Promise.all([watch.look(), watch.look()])
  await watch.look()
  t.equal(world.looks, 1)
  world.ns += 60_000_000_000n
  await watch.look()
  t.equal(world.looks, 2)
})

t.test('of very many shells no more than the bound are told', async (t) => {
  const { world, watch, look, recorded } = watched()
  world.shells = Array.from({ length: UNHOOKED_MAX + 50 }, (_, at) => shell(100 + at))
  await look()
  t.strictSame([recorded().length, watch.unhooked.length], [UNHOOKED_MAX, UNHOOKED_MAX])
})

t.test('a look that fails is reported, and one that ends after the daemon does records nothing', async (t) => {
  const { world, watch, look, errors, recorded } = watched()
  world.shells = [shell(10)]
  const failing = watched()
  failing.world.shells = null as unknown as ShellProcess[]
  await failing.look()
  t.equal(failing.errors.length, 1)
  watch[Symbol.dispose]()
  await look()
  t.strictSame([recorded(), errors], [[], []])
})

t.test('a shell of another runtime directory is not ours, if that is the user’s alone', async (t) => {
  using home = makeTemporaryHome()
  await using pty = await startShell('bash', home, { hook: false })
  const uid = process.getuid?.() ?? 0
  const elsewhere = (runtimeDir: string): boolean => isServedElsewhere(pty.pid, { uid, runtimeDir, home: home.dir })
  t.strictSame([elsewhere('/nowhere/cmdaid'), elsewhere(home.runtimeDir)], [true, false])
  chmodSync(dirname(home.runtimeDir), 0o755)
  t.equal(elsewhere('/nowhere/cmdaid'), false)
  rmSync(dirname(home.runtimeDir), { recursive: true })
  t.equal(elsewhere('/nowhere/cmdaid'), false)
})

t.test('a shell without a runtime directory of its own is ours, if its home is', async (t) => {
  const uid = process.getuid?.() ?? 0
  using home = makeTemporaryHome()
  await using pty = await startShell('bash', home, { hook: false, env: { XDG_RUNTIME_DIR: '' } })
  t.equal(isServedElsewhere(pty.pid, { uid, runtimeDir: '/nowhere/cmdaid', home: home.dir }), false)
  t.equal(isServedElsewhere(pty.pid, { uid, runtimeDir: '/nowhere/cmdaid', home: '/home/other' }), true)
})
