import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { askedLines, readRecord } from '../../support/record.ts'
import { forgetSaid, said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { POWERSHELL_POLICY } from './run-case.ts'
import { findPowerShell, powerShellEnvironment, writeProfile } from './start-powershell.ts'

/** PowerShell that runs a string: asked about once where the policy wants that, and otherwise left alone. */

/** The hook's own files with a longer wait: a busy test machine is not a hung daemon. */
function hookFolder(home: TemporaryHome): string {
  const folder = join(home.dir, 'hooks')
  mkdirSync(folder, { recursive: true })
  for (const name of ['cmdaid-env.ps1', 'cmdaid-session.ps1']) {
    const text = readFileSync(join(PROJECT_DIR, 'shell-hooks', name), 'utf8')
    writeFileSync(join(folder, name), text.replace('Wait = 0.05', 'Wait = 4'))
  }
  return folder
}

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

const found = findPowerShell()
if ('skip' in found) t.plan(0, found.skip)
else {
  const { program } = found

  const run = async (
    home: TemporaryHome,
    args: readonly string[],
    { input = '', before = '' }: { readonly input?: string; readonly before?: string } = {},
  ): Promise<Ended> => {
    forgetSaid(home)
    const config = writeProfile(home, { before, hook: false, after: `. '${hookFolder(home)}/cmdaid-env.ps1'` })
    const child = spawn(program, args, { cwd: home.dir, env: powerShellEnvironment(home, config) })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
    child.stdin.end(input)
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, stdout, stderr }
  }

  const open = async (mode: string): Promise<{ home: TemporaryHome; daemon: TestDaemon }> => {
    const home = makeTemporaryHome({ policy: `${POWERSHELL_POLICY}non_interactive: ${mode}\n` })
    t.teardown(() => home[Symbol.dispose]())
    const daemon = await TestDaemon.start(home)
    t.teardown(() => daemon[Symbol.asyncDispose]())
    return { home, daemon }
  }

  const encoded = (text: string): string => Buffer.from(text, 'utf16le').toString('base64')

  await t.test('enforced, a string that may not run ends with 126 before any of it has run', async (t) => {
    const { home, daemon } = await open('enforce')
    for (const args of [
      ['-Command', 'say a; DENYME'],
      ['-c', 'say a;', 'DENYME'],
      ['-NoLogo', '-NonInteractive', '--com', 'CONFIRMME'],
      ['-ExecutionPolicy', 'Bypass', '-c', 'DENYME'],
      ['-EncodedCommand', encoded('DENYME')],
      ['-CommandWithArgs', 'DENYME $args', 'x'],
    ]) {
      const { code, stdout, stderr } = await run(home, args)
      t.same({ code, stdout, said: said(home) }, { code: 126, stdout: '', said: [] }, args.join(' '))
      t.match(stderr, /^cmdaid: (?:denied|needs)/)
      // eslint-disable-next-line no-control-regex
      t.notMatch(stderr, /\x1b/, 'plain text')
    }
    await t.test('one that may run runs, with its own output and status, and nothing is left in it', async (t) => {
      t.same(await run(home, ['-c', "say a; 'out'; exit 7"]), { code: 7, stdout: 'out\n', stderr: '' })
      t.same(said(home), ['a'])
      t.same(
        await run(home, [
          '-c',
          '"$(@(Get-Variable *cmdaid*).Count) $(@(Get-Command *__cmdaid*).Count) $($Error.Count)"',
        ]),
        { code: 0, stdout: '0 0 0\n', stderr: '' },
      )
      t.same((await run(home, ['-c', 'WARNME'])).code, 0)
      t.same(said(home), ['WARNME ran'])
    })
    await t.test('strict settings of the profile change nothing', async (t) => {
      const before = `Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'`
      t.same(await run(home, ['-c', "'out'"], { before }), { code: 0, stdout: 'out\n', stderr: '' })
      t.equal((await run(home, ['-c', 'DENYME'], { before })).code, 126)
    })
    await t.test('scripts, standard input and a shell without a profile are not asked about', async (t) => {
      const asked = async (): Promise<number> => askedLines(await readRecord(home)).length
      await until('what was asked to be recorded', async () => (await asked()) >= 11)
      const before = await asked()
      const script = join(home.dir, 'script.ps1')
      writeFileSync(script, "'DENYME in a script'")
      t.equal((await run(home, ['-File', script])).stdout, 'DENYME in a script\n')
      t.equal((await run(home, [script])).stdout, 'DENYME in a script\n')
      t.match(
        (await run(home, ['-NonInteractive', '-Command', '-'], { input: "'DENYME typed'\n" })).stdout,
        'DENYME typed',
      )
      t.equal((await run(home, ['-NoProfile', '-c', "'DENYME alone'"])).stdout, 'DENYME alone\n')
      t.equal(await asked(), before)
    })
    await t.test('without a daemon, or with one that does not answer, it runs', async (t) => {
      daemon.freeze()
      t.same(await run(home, ['-c', 'DENYME']), { code: 0, stdout: '', stderr: '' })
      await daemon.kill()
      t.same(await run(home, ['-c', 'DENYME']), { code: 0, stdout: '', stderr: '' })
      t.same(said(home), ['DENYME ran'])
    })
  })

  await t.test('observed, everything runs silently and is on the record', async (t) => {
    const { home } = await open('observe')
    t.same(await run(home, ['-c', "DENYME; 'out'"]), { code: 0, stdout: 'out\n', stderr: '' })
    t.same(said(home), ['DENYME ran'])
    await until('the line in the record', async () =>
      askedLines(await readRecord(home)).some((line) => line.toString() === "DENYME; 'out'"),
    )
  })

  await t.test('switched off, nothing is asked', async (t) => {
    const { home } = await open('off')
    t.same(await run(home, ['-c', 'DENYME']), { code: 0, stdout: '', stderr: '' })
    t.same(said(home), ['DENYME ran'])
    t.same(
      (await readRecord(home)).filter(({ record }) => record === 'SESSION_OPEN'),
      [],
    )
  })
}
