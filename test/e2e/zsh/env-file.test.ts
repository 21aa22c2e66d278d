import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { askedLines, readRecord } from '../../support/record.ts'
import { forgetSaid, said, sayLog } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'

/** `zsh -c`, where nobody sits at the shell: what is asked, what is stopped, and what must not be touched. */

type Result = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

const ZSH = process.env['CMDAID_TEST_ZSH'] ?? 'zsh'
const REFUSED = /^cmdaid: denied: The test says no\.\n(cmdaid: .*\n)+$/

/** A home whose policy says `setting` about shells without a person. */
function makeHome(setting: 'off' | 'observe' | 'enforce'): TemporaryHome {
  const home = makeTemporaryHome({ policy: TEST_POLICY.replace('rules:', `non_interactive: ${setting}\nrules:`) })
  // The hook with a longer wait: a busy test machine is not a hung daemon.
  mkdirSync(join(home.dir, 'hooks'))
  for (const name of ['cmdaid.zsh', 'cmdaid-env.zsh']) {
    const text = readFileSync(join(PROJECT_DIR, 'shell-hooks', name), 'utf8')
    writeFileSync(join(home.dir, 'hooks', name), text.replace('__cmdaid_wait=0.05', '__cmdaid_wait=10'))
  }
  return home
}

/** Runs zsh with a .zshenv that loads the guard, which is left out where `guard` is false. */
function zsh(
  home: TemporaryHome,
  args: readonly string[],
  {
    guard = true,
    before = '',
    input = '',
    env = {},
  }: { guard?: boolean; before?: string; input?: string | Buffer; env?: Record<string, string> } = {},
): Result {
  writeFileSync(
    join(home.dir, '.zshenv'),
    [
      `say() { builtin printf '%s\\n' "$*" >>'${sayLog(home)}'; }`,
      'DENYME() { say DENYME ran; }',
      'alias ok=DENYME',
      before,
      guard ? `source '${join(home.dir, 'hooks/cmdaid-env.zsh')}'` : '',
      '',
    ].join('\n'),
  )
  const { status, stdout, stderr } = spawnSync(ZSH, args, {
    cwd: home.dir,
    env: { ...home.env, ZDOTDIR: home.dir, ...env },
    encoding: 'latin1',
    input,
  })
  return { status, stdout, stderr }
}

/** The lines that were asked about so far, once `last` is among them. */
async function askedUpTo(home: TemporaryHome, last: string): Promise<readonly string[]> {
  return until(`the record of ${last}`, async () => {
    const lines = askedLines(await readRecord(home)).map(String)
    return lines.includes(last) ? lines : null
  })
}

t.test('a string that is refused ends the shell before any of it runs', async (t) => {
  using home = makeHome('enforce')
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  const long = `: ${'x'.repeat(20_000)}; DENYME`
  for (const args of [
    ['-c', 'DENYME'],
    ['-c', 'say a; DENYME'],
    ['-c', 'say $(DENYME)'],
    ['-c', 'ok'],
    ['-c', long],
    ['-ec', 'DENYME'],
    ['-uc', 'DENYME'],
    ['-euo', 'pipefail', '-c', 'DENYME'],
    ['-lc', 'DENYME'],
    ['-ic', 'DENYME'],
    ['-o', 'ksharrays', '-o', 'shwordsplit', '-o', 'nullglob', '-o', 'noclobber', '-c', 'DENYME'],
    ['-c', 'DENYME', 'name', 'argument'],
    ['-c', 'DENYME', 'name', '__cmdaid_string'],
  ]) {
    const { status, stdout, stderr } = zsh(home, args)
    t.same({ status, stdout }, { status: 126, stdout: '' }, args.join(' ').slice(0, 80))
    t.match(stderr.replace(/^.*(can't set tty pgrp|no job control).*\n/gm, ''), REFUSED)
  }
  const confirm = zsh(home, ['-c', 'CONFIRMME'])
  t.equal(confirm.status, 126, 'nobody is there who could say why')
  t.match(confirm.stderr, /^cmdaid: .*The test asks why\./)
  t.same(said(home), [])
})

t.test('a string that may run does so as without the guard', async (t) => {
  using home = makeHome('enforce')
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  const binary = Buffer.from(Array.from({ length: 512 }, (_, n) => n % 256))
  for (const args of [
    ['-c', 'print out; print -u2 err; exit 7'],
    ['-c', 'print -r -- "$0 $* $# $- $?"', 'name', 'a', 'b c'],
    ['-ec', 'true; print a; false; print b'],
    ['-euo', 'pipefail', '-c', 'print $-; false | true; print b'],
    ['-uc', 'print ${x-unset}; print $x'],
    ['-c', 'cat'],
    ['-c', 'exec cat'],
    ['-c', 'kill -TERM $$'],
    ['-c', "trap 'print bye' EXIT; trap"],
    ['-c', 'WARNME 2>/dev/null; print $?'],
    ['-c', "zsh -c 'print nested; exit 3'"],
    ['-c', ''],
  ]) {
    const [guarded, bare] = [true, false].map((guard) => zsh(home, args, { guard, input: binary }))
    t.same(guarded, bare, args.join(' '))
  }
})

t.test('the guard leaves nothing behind', async (t) => {
  using home = makeHome('enforce')
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  const everything = [
    'setopt',
    'trap',
    'zmodload',
    'ls -l /proc/self/fd | wc -l',
    'functions',
    'alias',
    'print -l ${(ok)parameters} $precmd_functions $preexec_functions $zshexit_functions',
    'typeset -x',
    'print -r -- "$?|$-|$#|$*"',
  ].join('\n')
  for (const flags of [['-c'], ['-euc'], ['-lc'], ['-o', 'ksharrays', '-c']]) {
    const [guarded, bare] = [true, false].map((guard) => zsh(home, [...flags, everything], { guard }))
    t.same(guarded, bare, flags.join(' '))
  }
  t.equal((await askedUpTo(home, everything))[0], everything, 'and it did ask')
})

t.test('a policy that observes records every string and stops none', async (t) => {
  using home = makeHome('observe')
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  t.same(zsh(home, ['-c', 'DENYME; print ran']), { status: 0, stdout: 'ran\n', stderr: '' })
  t.same(zsh(home, ['-ec', "zsh -c 'say nested; DENYME'; CONFIRMME"]), {
    status: 127,
    stdout: '',
    stderr: 'zsh:1: command not found: CONFIRMME\n',
  })
  t.same(said(home), ['DENYME ran', 'nested', 'DENYME ran'])
  t.same(await askedUpTo(home, 'say nested; DENYME'), [
    'DENYME; print ran',
    "zsh -c 'say nested; DENYME'; CONFIRMME",
    'say nested; DENYME',
  ])
  const sessions = (await readRecord(home)).filter((entry) => entry.record === 'SESSION_OPEN')
  t.same(
    sessions.map(({ details }) => details['interactive']),
    [false, false, false],
  )
})

t.test('scripts and standard input are neither asked about nor touched', async (t) => {
  using home = makeHome('enforce')
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  const script = join(home.dir, 'script')
  writeFileSync(script, '#!/bin/zsh\nsay "$1"; DENYME\n', { mode: 0o700 })
  t.same(zsh(home, [script, 'script']).status, 0)
  t.same(zsh(home, [], { input: 'say input; DENYME\n' }).status, 0)
  t.same(zsh(home, ['-s', 'x'], { input: 'say "-s $1"; DENYME\n' }).status, 0)
  t.same(zsh(home, [script, 'forged'], { env: { ZSH_EXECUTION_STRING: 'say a' } }).status, 0)
  t.same(
    said(home).filter((line) => line !== 'DENYME ran'),
    ['script', 'input', '-s x', 'forged'],
  )
  zsh(home, ['-c', 'say last'])
  const asked = await askedUpTo(home, 'say last')
  t.notOk(asked.some((line) => line.includes('DENYME')))
})

t.test('without a setting, a daemon or an answer the string runs silently', async (t) => {
  const ran = { status: 3, stdout: 'ran\n', stderr: '' }
  const line = ['-c', 'DENYME; print ran; exit 3']
  await t.test('the policy says nothing', async (t) => {
    using home = makeHome('off')
    await using daemon = await TestDaemon.start(home)
    t.ok(daemon.pid > 0)
    t.same(zsh(home, line), ran)
    t.same(askedLines(await readRecord(home)), [])
  })
  await t.test('the daemon was killed, or is replaced by nothing', async (t) => {
    using home = makeHome('enforce')
    await using daemon = await TestDaemon.start(home)
    t.equal(zsh(home, line).status, 126)
    await daemon.kill()
    t.same(zsh(home, line), ran)
    await daemon.start()
    t.equal(zsh(home, line).status, 126)
    await daemon.stop()
    t.same(zsh(home, line), ran)
  })
  await t.test('the daemon does not answer', async (t) => {
    using home = makeHome('enforce')
    await using daemon = await TestDaemon.start(home)
    const hook = join(home.dir, 'hooks/cmdaid.zsh')
    writeFileSync(hook, readFileSync(hook, 'utf8').replace('__cmdaid_wait=10', '__cmdaid_wait=0.05'))
    daemon.freeze()
    for (let n = 0; n < 3; n += 1) t.same(zsh(home, line), ran)
    daemon.thaw()
  })
  await t.test('this zsh has no zsh/system', async (t) => {
    using home = makeHome('enforce')
    await using daemon = await TestDaemon.start(home)
    t.ok(daemon.pid > 0)
    t.same(zsh(home, line, { before: 'module_path=(/nowhere)' }), ran)
  })
  await t.test('the runtime directory holds something else', async (t) => {
    using home = makeHome('enforce')
    forgetSaid(home)
    mkdirSync(home.runtimeDir, { mode: 0o700 })
    for (const text of ['', 'on\n', 'enforce', 'enforce\nx', '\0'.repeat(9)]) {
      writeFileSync(join(home.runtimeDir, 'noninteractive'), text)
      writeFileSync(join(home.runtimeDir, 'ready'), 'x y\n')
      t.same(zsh(home, line), ran)
    }
  })
})
