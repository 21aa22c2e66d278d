import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { askedLines, readRecord } from '../../support/record.ts'
import { testedProgram } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'

/** `bash -c` where BASH_ENV names the hook's file for shells without a person. */

const HOOKS = join(PROJECT_DIR, 'shell-hooks')
const BASH = testedProgram('bash')
const MAJOR = Number(spawnSync(BASH, ['-c', 'echo $BASH_VERSINFO'], { encoding: 'utf8' }).stdout)
const TOO_OLD = MAJOR < 4 && 'bash 3.2 cannot wait for less than a second, and asks nothing'

/** The hook's files in `dir`, waiting longer: a busy test machine is not a hung daemon. Returns the path of the file for BASH_ENV. */
function patientFiles(dir: string): string {
  const text = readFileSync(join(HOOKS, 'cmdaid-env.bash'), 'utf8')
  const patient = text.replace('-t 0.05 byte', '-t 10 byte')
  t.not(patient, text)
  writeFileSync(join(dir, 'cmdaid-env.bash'), patient)
  writeFileSync(join(dir, 'cmdaid.bash'), readFileSync(join(HOOKS, 'cmdaid.bash')))
  return join(dir, 'cmdaid-env.bash')
}

type Ran = { readonly stdout: string; readonly stderr: string; readonly status: number | null }

function policy(setting: string): string {
  return `${TEST_POLICY}non_interactive: ${setting}\n`
}

await t.test('enforce', { skip: TOO_OLD }, async (t) => {
  using home = makeTemporaryHome({ policy: policy('enforce') })
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  // With SHLVL below 2 and a socket for standard input, which is what Node gives, bash takes itself to be run by sshd.
  const env = { ...home.env, SHLVL: '1', BASH_ENV: patientFiles(home.dir) }
  /** The test's refused program is on no PATH: that it was looked for shows that the string ran. */
  const run = (args: readonly string[], input = '', more: Readonly<Record<string, string>> = {}): Ran => {
    const { stdout, stderr, status } = spawnSync(BASH, args, {
      cwd: home.dir,
      env: { ...env, ...more },
      encoding: 'utf8',
      input,
    })
    return { stdout, stderr, status }
  }
  const allowed = (stdout: string): Ran => ({ stdout, stderr: '', status: 0 })

  t.same(run(['-c', 'echo a']), allowed('a\n'), 'an allowed string runs, and nothing is printed')
  for (const options of ['-c', '-lc', '-ec', '-uc', '-fc', '-Cc', '-ac', '-euo pipefail -c', '-O failglob -c']) {
    const args = options.split(' ')
    const refused = run([...args, 'echo a; DENYME; echo b'])
    t.same(
      { ...refused, stderr: refused.stderr.split('\n')[0] },
      { stdout: '', stderr: 'cmdaid: denied: The test says no.', status: 126 },
      `nothing of a refused string runs under ${options}`,
    )
    t.match(run([...args, 'echo a']), { stdout: 'a\n', status: 0 }, `an allowed one runs under ${options}`)
  }
  t.equal(run(['-c', 'CONFIRMME']).status, 126, 'nobody is there who could give a reason')
  t.equal(run(['-c', 'shopt -s nocasematch; DENYME']).status, 126)
  t.equal(run(['-O', 'nocasematch', '-c', 'DENYME']).status, 126, 'case matters in answers')
  t.equal(run(['-c', `: ${'x'.repeat(100_000)}; DENYME`]).status, 126, 'also when the string is long')

  await t.test('nothing stays behind', async (t) => {
    const seen = 'trap; set +o; shopt; declare -F; ls /proc/self/fd; echo "$- $? $# $0"; compgen -v __cmdaid'
    const bare = spawnSync(BASH, ['-c', seen], { cwd: home.dir, env: { ...home.env, SHLVL: '1' }, encoding: 'utf8' })
    t.same(run(['-c', seen]).stdout, bare.stdout)
    t.match(run(['-xc', 'echo a']).stderr, /^\+ echo a\n$/, 'a trace shows the string and nothing of ours')
    t.same(run(['-c', 'echo "$1" "$#"', 'name', 'x y']), allowed('x y 1\n'), 'arguments are kept')
    t.same(run(['-c', 'cat'], 'in\n'), allowed('in\n'), 'standard input is the string’s')
    t.same(run(['-ec', 'false || true; echo b']), allowed('b\n'))
  })

  await t.test('a shell that sshd runs reads the interactive file, which asks as well', async (t) => {
    writeFileSync(join(home.dir, 'rc'), `source '${join(home.dir, 'cmdaid.bash')}'\n`)
    const { stdout, status } = run(['-c', 'echo a; DENYME'], '', { BASH_ENV: join(home.dir, 'rc') })
    t.same({ stdout, status }, { stdout: '', status: 126 })
  })

  await t.test('scripts and standard input are not asked about', async (t) => {
    const script = join(home.dir, 'script')
    writeFileSync(script, `#!${BASH}\nDENYME() { echo ran; }\nDENYME\n`)
    chmodSync(script, 0o700)
    t.same(run([script]), allowed('ran\n'))
    t.same(run(['-s'], 'DENYME() { echo ran; }\nDENYME\n'), allowed('ran\n'))
    t.same(run([script], '', { BASH_EXECUTION_STRING: 'DENYME' }), allowed('ran\n'), 'nor is a variable of that name')
  })

  await t.test('a shell in a shell is asked about by itself', async (t) => {
    const nested = run(['-c', `'${BASH}' -c "\${PART}ME"; echo $?`], '', { PART: 'DENY' })
    t.equal(nested.stdout, '126\n')
  })

  await t.test('each string is recorded as a session of its own, with its end', async (t) => {
    const asked = await until('the record of the strings', async () => {
      const lines = askedLines(await readRecord(home)).map(String)
      return lines.includes('echo a') ? lines : null
    })
    t.ok(asked.includes('echo a; DENYME; echo b'))
  })

  await t.test('a daemon that hangs or is gone costs a string next to nothing', async (t) => {
    const real = { BASH_ENV: join(HOOKS, 'cmdaid-env.bash') }
    daemon.freeze()
    t.same(run(['-c', 'DENYME() { echo ran; }; DENYME'], '', real), allowed('ran\n'))
    daemon.thaw()
    await daemon.kill()
    t.same(run(['-c', 'DENYME() { echo ran; }; DENYME'], '', real), allowed('ran\n'))
    await daemon.start()
  })
})

for (const [setting, asks] of [
  ['observe', true],
  ['off', false],
] as const) {
  await t.test(`${setting}: everything runs, silently`, { skip: TOO_OLD }, async (t) => {
    using home = makeTemporaryHome({ policy: policy(setting) })
    await using daemon = await TestDaemon.start(home)
    t.ok(daemon.pid > 0)
    // With SHLVL below 2 and a socket for standard input, which is what Node gives, bash takes itself to be run by sshd.
    const env = { ...home.env, SHLVL: '1', BASH_ENV: patientFiles(home.dir) }
    const { stdout, stderr, status } = spawnSync(BASH, ['-euo', 'pipefail', '-c', 'DENYME() { echo ran; }; DENYME'], {
      env,
      encoding: 'utf8',
    })
    t.same({ stdout, stderr, status }, { stdout: 'ran\n', stderr: '', status: 0 })
    if (asks) {
      await until('the record of the string', async () => askedLines(await readRecord(home)).length > 0)
    }
  })
}
