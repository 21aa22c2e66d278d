import t from 'tap'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeTemporaryHome, PROJECT_DIR } from '../support/home.ts'

/** shell-hooks/build: what hooks need of C, compiled when it is not there, and left alone when it is. */

const home = makeTemporaryHome()
t.teardown(() => home[Symbol.dispose]())

type Built = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

/** Of everything that is compiled: its argument, its file and its sources. */
const KINDS = [
  {
    kind: 'loadable',
    file: 'loadable/cmdaid-bash.so',
    whom: 'bash',
    sources: ['loadable/cmdaid_bash.c', 'relay/allowed.c', 'relay/allowed.h'],
  },
  { kind: 'relay', file: 'relay/cmdaid-relay', whom: 'fish', sources: ['relay/main.c', 'relay/allowed.h'] },
] as const

const NOTHING = { status: 0, stdout: '', stderr: '' }

/** A copy of the hooks, without what was compiled. */
function copyHooks(): string {
  const folder = mkdtempSync(join(home.dir, 'hooks-'))
  cpSync(join(PROJECT_DIR, 'shell-hooks'), folder, { recursive: true })
  for (const { file } of KINDS) rmSync(join(folder, file), { force: true })
  return folder
}

function build(hooks: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Built {
  const { status, stdout, stderr } = spawnSync(join(hooks, 'build'), words, {
    cwd: home.dir,
    env: { ...home.env, ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** Which file it is, and since when: another one after each compilation. */
function identity(file: string): { readonly ino: bigint; readonly mtimeNs: bigint; readonly mode: bigint } {
  const { ino, mtimeNs, mode } = statSync(file, { bigint: true })
  return { ino, mtimeNs, mode: mode & 0o7777n }
}

/** What lies in a folder, and in its folder for this kind. */
const list = (hooks: string, kind: string): readonly string[] =>
  [hooks, join(hooks, kind)].flatMap((folder) => readdirSync(folder).sort())

const everything = (hooks: string): readonly string[] =>
  readdirSync(hooks, { recursive: true, encoding: 'utf8' }).sort()

/** A PATH that has these programs and no other. */
function pathWith(programs: readonly string[]): string {
  const folder = mkdtempSync(join(home.dir, 'path-'))
  for (const name of programs) {
    const path = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim()
    symlinkSync(path, join(folder, name))
  }
  return folder
}

const NEEDED = ['dirname', 'cat', 'cksum', 'grep', 'mktemp', 'rm', 'chmod', 'mv']

for (const { kind, file, whom, sources } of KINDS) {
  t.test(`${kind}: it is compiled once, and anew when its sources change`, async (t) => {
    const hooks = copyHooks()
    const output = join(hooks, file)
    const before = list(hooks, kind)
    t.strictSame(build(hooks, [kind]), NOTHING)
    const first = identity(output)
    t.equal(first.mode, 0o755n)
    t.strictSame(
      list(hooks, kind).toSorted(),
      [...before, file.replace(/.*\//, '')].toSorted(),
      'and nothing else is left',
    )
    t.strictSame(build(hooks, [kind]), NOTHING)
    t.strictSame(identity(output), first, 'a second run leaves it alone')
    t.strictSame(build(hooks, [kind], { PATH: pathWith(NEEDED) }), NOTHING, 'and needs no compiler')
    for (const source of sources) {
      const old = identity(output)
      appendFileSync(join(hooks, source), '\n/* changed */\n')
      t.strictSame(build(hooks, [kind]), NOTHING)
      t.not(identity(output).ino, old.ino, `${source} has changed`)
    }
    const last = identity(output)
    t.strictSame(build(hooks, [kind]), NOTHING)
    t.strictSame(identity(output), last)
  })

  t.test(`${kind}: one that somebody has damaged, or may not run, is replaced`, async (t) => {
    const hooks = copyHooks()
    const output = join(hooks, file)
    t.strictSame(build(hooks, [kind]), NOTHING)
    const whole = readFileSync(output)
    for (const damage of [
      (): void => writeFileSync(output, 'nothing'),
      (): void => chmodSync(output, 0o644),
      (): void => rmSync(output),
    ]) {
      damage()
      t.strictSame(build(hooks, [kind]), NOTHING)
      t.ok(readFileSync(output).equals(whole))
      t.equal(identity(output).mode, 0o755n)
    }
  })

  t.test(`${kind}: it goes where it is told to, whatever the names of the folders`, async (t) => {
    const hooks = join(home.dir, `it's a "folder" $x ${kind}`)
    cpSync(copyHooks(), hooks, { recursive: true })
    const before = list(hooks, kind)
    const output = join(hooks, 'other place')
    mkdirSync(output)
    t.strictSame(build(hooks, [kind, join(output, 'made')]), NOTHING)
    t.strictSame(readdirSync(output), ['made'])
    rmSync(output, { recursive: true })
    t.strictSame(list(hooks, kind), before, 'and nowhere else')
  })

  t.test(`${kind}: without a compiler it says what is missing`, async (t) => {
    const hooks = copyHooks()
    const before = list(hooks, kind)
    t.strictSame(build(hooks, [kind], { PATH: pathWith(NEEDED) }), {
      status: 1,
      stdout: '',
      stderr: [
        `cmdaid: error: no C compiler: the hook for ${whom} needs one`,
        'cmdaid: hint: install a C compiler (cc), then run this again',
        '',
      ].join('\n'),
    })
    t.strictSame(list(hooks, kind), before)
  })

  t.test(`${kind}: sources that do not compile leave what was there, and nothing else`, async (t) => {
    const hooks = copyHooks()
    const output = join(hooks, file)
    t.strictSame(build(hooks, [kind]), NOTHING)
    const whole = identity(output)
    const before = list(hooks, kind)
    appendFileSync(join(hooks, sources[0]), '\nno C\n')
    t.match(build(hooks, [kind]), { status: 1, stdout: '', stderr: /error:/ })
    t.strictSame({ whole: identity(output), left: list(hooks, kind) }, { whole, left: before })
    rmSync(output)
    t.match(build(hooks, [kind]), { status: 1, stdout: '', stderr: /error:/ })
    t.strictSame(list(hooks, kind).toSorted(), before.filter((name) => !file.endsWith(`/${name}`)).toSorted())
  })

  t.test(`${kind}: builds at the same time leave one whole file`, async (t) => {
    const hooks = copyHooks()
    const before = list(hooks, kind)
    const command = `for n in 1 2 3 4; do '${join(hooks, 'build')}' ${kind} & pids="$pids $!"; done; for pid in $pids; do wait $pid || exit 1; done`
    t.match(spawnSync('sh', ['-c', command], { env: home.env, encoding: 'utf8' }), { ...NOTHING })
    t.strictSame(list(hooks, kind).toSorted(), [...before, file.replace(/.*\//, '')].toSorted())
    t.strictSame(build(hooks, [kind]), NOTHING)
  })
}

t.test('the builtin is one that bash can load, with its three builtins', async (t) => {
  const hooks = copyHooks()
  t.strictSame(build(hooks, ['loadable']), NOTHING)
  const output = join(hooks, 'loadable/cmdaid-bash.so')
  const script = 'enable -f "$1" __cmdaid_native __cmdaid_ended __cmdaid_prompt && enable | grep __cmdaid'
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', output], { encoding: 'utf8' })
  t.strictSame(
    { status, stdout, stderr },
    { ...NOTHING, stdout: ['ended', 'native', 'prompt'].map((name) => `enable __cmdaid_${name}\n`).join('') },
  )
})

t.test('CC names the compiler, where there is one of that name', async (t) => {
  const hooks = copyHooks()
  const folder = mkdtempSync(join(home.dir, 'cc-'))
  const compiler = join(folder, 'my-cc')
  writeFileSync(compiler, `#!/bin/sh\necho used >>'${folder}/used'\nexec cc "$@"\n`, { mode: 0o755 })
  t.strictSame(build(hooks, ['loadable'], { CC: compiler }), NOTHING)
  t.equal(readFileSync(join(folder, 'used'), 'utf8'), 'used\n')
  rmSync(join(hooks, 'loadable/cmdaid-bash.so'))
  t.strictSame(build(hooks, ['loadable'], { CC: 'no-such-compiler' }), NOTHING)
})

t.test('other words than it knows are refused, and make nothing', async (t) => {
  const hooks = copyHooks()
  const before = everything(hooks)
  for (const words of [[], [''], ['both'], ['--help'], ['loadable.'], ['Relay']]) {
    t.strictSame(build(hooks, words), { status: 2, stdout: '', stderr: 'usage: build relay|loadable [OUTPUT]\n' })
  }
  t.strictSame(everything(hooks), before)
})
