import t from 'tap'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { askedLines, readRecord } from '../../support/record.ts'
import { until } from '../../support/until.ts'
import { buildRelay, FISHES } from './fish-shell.ts'

buildRelay()
const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

const config = mkdtempSync(join(home.dir, 'fish-'))
mkdirSync(join(config, 'fish/conf.d'), { recursive: true })
const guard = join(PROJECT_DIR, 'shell-hooks/cmdaid-env.fish')
/** With the wait as it is, or one that a busy test machine cannot make too short. */
function useGuard(waitMs: number): void {
  const text = readFileSync(guard, 'utf8').replace('(status dirname)', `'${dirname(guard)}'`)
  writeFileSync(join(config, 'fish/conf.d/cmdaid.fish'), text.replace(/ 50$/m, ` ${waitMs}`))
}
useGuard(10_000)
const script = join(home.dir, 'script.fish')
writeFileSync(script, 'function DENYME; echo a script; end; DENYME; echo $argv\n')

type Result = { readonly status: number | null; readonly out: string; readonly err: string }

function run(program: string, args: readonly string[], input = ''): Result {
  const { status, stdout, stderr } = spawnSync(program, [...args], {
    cwd: home.dir,
    env: { ...home.env, XDG_CONFIG_HOME: config, XDG_DATA_HOME: config },
    encoding: 'utf8',
    input,
  })
  return { status, out: stdout, err: stderr }
}

const modeFile = join(home.runtimeDir, 'noninteractive')
const RUN = { status: 0, err: '' }

for (const program of FISHES) {
  t.test(
    `${program}: a string is asked about when the policy says so, once, and refused before any of it runs`,
    async (t) => {
      rmSync(modeFile, { force: true })
      t.strictSame(run(program, ['-c', 'function DENYME; echo ran; end; DENYME']), { ...RUN, out: 'ran\n' }, 'off')

      writeFileSync(modeFile, 'observe\n', { mode: 0o600 })
      t.strictSame(run(program, ['-c', 'function DENYME; echo ran; end; DENYME']), { ...RUN, out: 'ran\n' }, 'observed')

      writeFileSync(modeFile, 'enforce\n', { mode: 0o600 })
      const strings: readonly (readonly string[])[] = [
        ['-c', 'echo a; DENYME'],
        ['-lc', 'DENYME'],
        ['-ic', 'DENYME'],
        ['--command=echo a; DENYME'],
        ['--comm', 'DENYME'],
        ['-C', 'DENYME', '-c', 'echo a'],
        ['-c', 'echo a', '-c', 'DENYME'],
        ['-c', 'CONFIRMME', 'argument'],
      ]
      for (const args of strings) {
        const { status, out, err } = run(program, args)
        t.strictSame([status, out], [126, ''], args.join(' '))
        t.match(err, /^cmdaid: (?:denied|needs .+): The test /)
      }
      const others: readonly (readonly [args: readonly string[], out: string, input?: string])[] = [
        [['-c', 'echo "a  b"'], 'a  b\n'],
        [['-c', 'echo $argv', 'x', '-c', 'DENYME'], 'x -c DENYME\n'],
        [['-c', 'set --names --local; functions --names | string match "*cmdaid*"; echo $argv', 'x'], 'x\n'],
        [['-c', 'read x; echo $x'], 'from outside\n', 'from outside\n'],
        [[script, '-c', 'DENYME'], 'a script\n-c DENYME\n'],
      ]
      for (const [args, out, input] of others) {
        const result = run(program, args, input)
        t.strictSame({ ...result, out: result.out.replace(/^(?:argv|_)\n/gm, '') }, { ...RUN, out }, args.join(' '))
      }
    },
  )
}

t.test('each string is one line of one session in the record', async (t) => {
  const asked = async (): Promise<string[]> => askedLines(await readRecord(home)).map(String)
  await until(
    'the record',
    async () => (await asked()).filter((line) => line === 'echo a\nDENYME').length >= FISHES.length,
  )
  const lines = await asked()
  t.equal(lines.filter((line) => line === 'echo a; DENYME').length, 2 * FISHES.length)
  t.equal(lines.filter((line) => line.includes('a script')).length, 0)
})

t.test('a daemon that is gone or stopped keeps no string from running', async (t) => {
  useGuard(50)
  daemon.freeze()
  for (const program of FISHES) t.strictSame(run(program, ['-c', 'echo a # DENYME']), { ...RUN, out: 'a\n' })
  await daemon.kill()
  writeFileSync(modeFile, 'enforce\n', { mode: 0o600 })
  for (const program of FISHES) t.strictSame(run(program, ['-c', 'echo a # DENYME']), { ...RUN, out: 'a\n' })
})
