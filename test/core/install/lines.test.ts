import t from 'tap'
import * as fc from 'fast-check'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isQuotable, linesFor, type Loads, type ShellKind } from '../../../src/core/install/lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'cmdaid-lines-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const LOADED = 'loaded\n'

/** A hook that says so, fails, and would end a shell under `set -e`. */
function hookAt(name: string, text = 'printf "loaded\\n"; false\n'): string {
  const file = join(folder, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** Runs a start file of these lines, in a shell that then says how it goes on. */
function run(program: readonly string[], shell: ShellKind, loads: Loads, before = ''): string {
  const rc = join(folder, 'rc')
  writeFileSync(rc, Buffer.from(`${before}${linesFor(shell, loads)}`, 'latin1'))
  const [command = '', ...words] = program
  const status = shell === 'fish' ? '$status' : '$?'
  const ran = spawnSync(command, [...words, '-c', `. '${rc}'; echo "status ${status}"`], {
    env: { PATH: process.env['PATH'], HOME: folder },
    cwd: folder,
  })
  return `${ran.stdout.toString()}${ran.stderr.toString()}`
}

const withoutZsh = spawnSync('zsh', ['--version']).status !== 0 && 'zsh is not installed here; scripts/test installs it'
const withoutFish =
  spawnSync('fish', ['--version']).status !== 0 && 'fish is not installed here; scripts/test installs it'

const BASHES = [
  ['bash', '--norc'],
  ['bash', '--norc', '-eu'],
  ['bash', '--posix', '-e'],
] as const

t.test('bash loads the hook whatever its options are, and goes on with status 0', async (t) => {
  const hook = hookAt("it's $(here) \\ é/cmdaid.bash")
  for (const program of BASHES)
    t.equal(run(program, 'bash', { hook, guard: null }), `${LOADED}status 0\n`, program.join(' '))
  const strict = 'set -euo pipefail; shopt -s failglob nullglob; IFS=0123456789abcdef\n'
  t.equal(run(['bash', '--norc'], 'bash', { hook, guard: null }, strict), `${LOADED}status 0\n`)
})

t.test('other shells that read the same file pass it by', async (t) => {
  const hook = hookAt('cmdaid.bash')
  const others = [
    ['dash'],
    ['dash', '-eu'],
    ['sh', '-eu'],
    ['ksh', '-eu'],
    ['busybox', 'sh', '-eu'],
    ['zsh', '--emulate', 'sh', '-f', '-eu'],
  ] as const
  const found = others.filter(([name]) => spawnSync(name, ['-c', ':']).error === undefined)
  t.ok(found.length >= 2, found.map(([name]) => name).join(' '))
  for (const program of found) t.equal(run(program, 'bash', { hook, guard: hook }), 'status 0\n', program.join(' '))
})

t.test('bash under the name of sh, and a restricted one, are left alone', async (t) => {
  const hook = hookAt('cmdaid.bash')
  const home = mkdtempSync(join(folder, 'home-'))
  const rc = join(home, '.bashrc')
  writeFileSync(rc, Buffer.from(linesFor('bash', { hook, guard: null }), 'latin1'))
  const says = (words: readonly string[], argv0 = 'bash'): string => {
    const ran = spawnSync('bash', [...words, '-i'], {
      argv0,
      env: { PATH: process.env['PATH'], HOME: home, ENV: rc, PS1: '' },
      input: 'echo on\n',
      cwd: folder,
    })
    return ran.stdout.toString()
  }
  t.equal(says([]), `${LOADED}on\n`)
  t.equal(says(['-r']), 'on\n')
  t.equal(says([], 'rbash'), 'on\n')
  t.equal(says([], 'sh'), 'on\n')
})

t.test('zsh and fish load the hook whatever their options are', { skip: withoutZsh || withoutFish }, async (t) => {
  const zsh = hookAt("it's $(here) \\ é/cmdaid.zsh")
  t.equal(run(['zsh', '-f'], 'zsh', { hook: zsh, guard: null }), `${LOADED}status 0\n`)
  const strict = 'setopt errexit nounset ksharrays shwordsplit nullglob noclobber\n'
  t.equal(run(['zsh', '-f'], 'zsh', { hook: zsh, guard: null }, strict), `${LOADED}status 0\n`)
  const fish = hookAt("it's $(here) \\ é/cmdaid.fish")
  t.equal(
    run(['fish', '--no-config'], 'fish', { hook: fish, guard: null }).replace(/status \d/, 'status'),
    `${LOADED}status\n`,
  )
})

t.test('when the program is gone, cannot be read or is a folder, nothing is said and nothing fails', async (t) => {
  const gone = join(folder, 'gone')
  const aFolder = join(folder, 'a-folder')
  mkdirSync(aFolder)
  for (const hook of [gone, aFolder]) {
    for (const program of BASHES) t.equal(run(program, 'bash', { hook, guard: hook }), 'status 0\n')
    if (withoutZsh === false)
      t.equal(run(['zsh', '-f'], 'zsh', { hook, guard: hook }, 'setopt errexit\n'), 'status 0\n')
    if (withoutFish === false) t.equal(run(['fish', '--no-config'], 'fish', { hook, guard: hook }), 'status 0\n')
  }
})

t.test('with a guard, the hook is left to it in a login shell that nobody types into', async (t) => {
  const loads = { hook: hookAt('cmdaid.bash'), guard: hookAt('cmdaid-env.bash', 'echo guarded\n') }
  const home = mkdtempSync(join(folder, 'home-'))
  for (const name of ['.bashrc', '.profile'])
    writeFileSync(join(home, name), Buffer.from(linesFor('bash', loads), 'latin1'))
  const says = (words: readonly string[]): string => {
    const env = { PATH: process.env['PATH'], HOME: home, PS1: '' }
    return spawnSync('bash', words, { env, cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }).stdout.toString()
  }
  t.equal(says(['-lc', 'echo done']), 'guarded\ndone\n')
  t.equal(says(['-lic', 'echo done']), `${LOADED}done\n`)
  t.equal(says(['-ic', 'echo done']), `${LOADED}done\n`)
  t.equal(says(['-lc', 'bash -c "echo done"']), 'guarded\nguarded\ndone\n', 'the second by the first')
})

t.test('BASH_ENV is set where nobody has set it, and only while the guard is there', async (t) => {
  const guard = hookAt("it's/cmdaid-env.bash", 'printf "guarded\\n"\n')
  const loads = { hook: null, guard }
  const show = `bash -c 'echo "in a child"'\n`
  const withEnv = (before: string, at = guard): string => {
    const rc = join(folder, 'rc')
    writeFileSync(rc, Buffer.from(`${before}${linesFor('bash', { ...loads, guard: at })}${show}`, 'latin1'))
    const ran = spawnSync('bash', ['--norc', '-eu', rc], { env: { PATH: process.env['PATH'] } })
    return `${ran.stdout.toString()}${ran.stderr.toString()}`
  }
  t.equal(withEnv(''), 'guarded\nin a child\n')
  t.equal(withEnv('export BASH_ENV=/dev/null\n'), 'in a child\n')
  t.equal(withEnv('', join(folder, 'gone')), 'in a child\n')
  t.equal(run(['bash', '--norc'], 'bash', { ...loads, guardBy: 'source' }), 'guarded\nstatus 0\n')
})

t.test(
  'whatever the name of the folder is, POSIX shells and fish load what is in it',
  { skip: withoutFish },
  async () => {
    const names = fc
      .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
      .filter((name) => isQuotable(`/${name}`) && !/[/]|^\.{1,2}$/.test(name))
    fc.assert(
      fc.property(names, (name) => {
        const file = hookAt(`${name}/cmdaid`, 'echo loaded\n')
        const loads = { hook: file, guard: null }
        return (
          run(['bash', '--norc'], 'bash', loads) === `${LOADED}status 0\n` &&
          run(['fish', '--no-config'], 'fish', loads) === `${LOADED}status 0\n`
        )
      }),
      { numRuns: 25 },
    )
  },
)

t.test('PowerShell reads the path as it is', async (t) => {
  const text = Buffer.from(linesFor('powershell', { hook: "/it's/‘q’/cmdaid.ps1", guard: null }), 'latin1').toString(
    'utf8',
  )
  const quoted = "'/it''s/‘‘q’’/cmdaid.ps1'"
  t.equal(text.split('\n')[1], `try { if ([IO.File]::Exists(${quoted})) { . ${quoted} } } catch { }`)
})

t.test('paths that no start file can name are known', async (t) => {
  t.strictSame(
    ['/usr/lib/cmdaid/x', '/a b/é/x', 'relative', '/a\nb', '/a\u0007', '/a\uFFFDb', '/a\u2028b', '/a\uD800b'].map(
      isQuotable,
    ),
    [true, true, false, false, false, false, false, false],
  )
})
