import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { proveShell } from '../../src/cli/shell-proof.ts'
import type { ShellProof } from '../../src/cli/shell-proof.ts'
import { findProgram } from '../../src/cli/shell-setup.ts'
import { TestDaemon } from '../support/daemon.ts'
import { PROJECT_DIR, makeTemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { hookFile } from '../support/shell-rc.ts'

const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

const LOAD = `source '${hookFile('zsh')}'\n`

/** What becomes of a zsh with this start file. The wait is long where something must come, and short where nothing must. */
async function proofOf(zshrc: string, waitMs = 20_000): Promise<ShellProof> {
  const folder = mkdtempSync(join(home.dir, 'zsh-'))
  writeFileSync(join(folder, '.zshrc'), zshrc)
  const program = (await findProgram('zsh', process.env['PATH'] ?? '')) ?? ''
  return proveShell({
    shell: 'zsh',
    program,
    env: { ...home.env, ZDOTDIR: folder, HISTFILE: join(folder, 'history') },
    home: home.dir,
    controlSocket: join(home.runtimeDir, 'control.sock'),
    signal: new AbortController().signal,
    waitMs,
  })
}

t.test('a shell whose start file loads the hook shows that it stops lines', async (t) => {
  t.match(await proofOf(LOAD), {
    kind: 'answered',
    session: { shell: 'zsh', state: 'enforced', why: null, canary: { outcome: 'enforced' } },
  })
})

t.test('a start file that loads nothing, hangs, breaks the hook or ends the shell is told apart', async (t) => {
  t.match(await proofOf('', 1_000), { kind: 'absent' })
  t.match(await proofOf(`${LOAD}sleep 100\n`, 1_000), { kind: 'absent' })
  t.match(await proofOf('exit 7\n'), { kind: 'ended', exitCode: 7 })
})

t.test('a program that cannot be started is no shell that was tried', async (t) => {
  const proof = await proveShell({
    shell: 'bash',
    program: '/nowhere/bash',
    env: home.env,
    home: home.dir,
    controlSocket: join(home.runtimeDir, 'control.sock'),
    signal: new AbortController().signal,
    waitMs: 2_000,
  })
  t.match(proof.kind, /^(?:ended|not-started)$/)
})

t.test('what a shell is started with leaves no trace: no history, no multiplexer', async (t) => {
  const folder = mkdtempSync(join(home.dir, 'trace-'))
  const mark = join(folder, 'mark')
  await proofOf(`HISTFILE=${folder}/history SAVEHIST=10\n[[ -n $TMUX ]] && : >'${mark}'\n${LOAD}`)
  t.strictSame([existsSync(mark), readdirSync(folder)], [true, ['mark']])
})

t.test('doctor starts each shell that loads the hook, and says what it saw', async (t) => {
  writeFileSync(join(home.dir, '.zshrc'), LOAD)
  writeFileSync(join(home.dir, '.bashrc'), 'exit 3\n# not loaded\n')
  const run = spawnSync(process.execPath, [join(PROJECT_DIR, 'src/main.ts'), 'doctor', '--json'], {
    env: home.env,
    encoding: 'utf8',
  })
  const { findings } = JSON.parse(run.stdout) as { findings: { check: string; state: string; detail: string }[] }
  const told = (check: string): [string, string][] =>
    findings
      .filter((finding) => finding.check === check)
      .map(({ state, detail }) => [state, detail.replace(/^.*: /, '')])
  t.strictSame(told('zsh'), [
    ['good', `${join(home.dir, '.zshrc')} loads the hook`],
    ['good', 'a new one refuses what it must refuse'],
  ])
  t.strictSame(told('bash'), [['problem', 'no start file loads the hook']])
  t.equal(readFileSync(join(home.dir, '.zshrc'), 'utf8'), LOAD)
})
