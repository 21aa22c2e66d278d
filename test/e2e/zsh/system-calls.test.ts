import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { startShell } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'

/** What one line costs in system calls: time goes where they are. */

/** Typed lines, as a shell with an alias of its own runs them: each another, or each the same. */
const NEW = (n: number): string => `: line ${n}`
const AGAIN = (): string => ': line'
/** Lines that are counted. The first ones load what zsh loads when it is first needed. */
const LINES = 20
const ZSH = process.env['CMDAID_TEST_ZSH'] ?? 'zsh'

const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

const [major = 0, minor = 0] = execFileSync(ZSH, ['-fc', 'print -r -- $ZSH_VERSION'], { encoding: 'utf8' })
  .split('.')
  .map(Number)
const old =
  major * 100 + minor < 509 &&
  'zsh before 5.9 opens nothing without blocking and asks by the longer way: runs from 5.9 on'

await t.test('an allowed line costs two looks, two frames and one answer', { skip: old }, async (t) => {
  t.same(await added(t, NEW), { access: 1, stat: 1, write: 2, poll: 1, read: 1 })
})

await t.test('one that was allowed before costs two looks and two frames', { skip: old }, async (t) => {
  t.same(await added(t, AGAIN), { access: 1, stat: 1, write: 2 })
})

/** What the hook adds to one line, without what zsh does for functions and builtins of its own. */
async function added(t: Test, lineOf: (n: number) => string): Promise<Readonly<Record<string, number>>> {
  const hooked = await callsOfLines(home, true, lineOf)
  const bare = await callsOfLines(home, false, lineOf)
  const more = (name: string): number => Math.round(((hooked.get(name) ?? 0) - (bare.get(name) ?? 0)) / LINES)
  const names = new Set([...hooked.keys(), ...bare.keys()])
  // Signal masks and heaps are zsh's own for functions and builtins; how many it takes differs between its versions.
  const own = ['rt_sigprocmask', 'mmap', 'munmap', 'brk']
  t.ok(more('rt_sigprocmask') <= 10, `${more('rt_sigprocmask')} signal masks`)
  return Object.fromEntries(
    [...names]
      .filter((name) => !own.includes(name))
      .map((name) => [name, more(name)] as const)
      .filter(([, n]) => n !== 0),
  )
}

/** How often each system call was made while `LINES` lines were run. */
async function callsOfLines(
  world: TemporaryHome,
  hook: boolean,
  lineOf: (n: number) => string,
): Promise<ReadonlyMap<string, number>> {
  const wrapper = join(world.dir, 'traced')
  const trace = join(world.dir, `trace-${hook}`)
  writeFileSync(wrapper, `#!/bin/sh\nexec strace -o ${trace} ${ZSH} "$@"\n`)
  chmodSync(wrapper, 0o700)
  await using pty = await startShell('zsh', world, { program: wrapper, hook, before: "alias ll='ls -l'" })
  for (let n = 0; n < 3; n += 1) await pty.line(lineOf(-n))
  const before = readFileSync(trace).length
  for (let n = 0; n < LINES; n += 1) await pty.line(lineOf(n))
  const text = await until('the trace of the last line', () => {
    const part = readFileSync(trace, 'utf8').slice(before)
    return part.split('2004h').length > LINES ? part : null
  })
  const calls = new Map<string, number>()
  for (const [, call = ''] of text.matchAll(/^(\w+)\(/gm)) {
    const name = call === 'newfstatat' ? 'stat' : call
    calls.set(name, (calls.get(name) ?? 0) + 1)
  }
  return calls
}
