import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import type { PtyShell } from '../../support/pty.ts'
import { forgetSaid, PROMPT, said, startShell, testedProgram } from '../../support/shell-rc.ts'
import type { ShellOptions } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { count, versionOf } from '../run-case.ts'

/** The loadable builtin of bash: where it serves, where the functions serve instead, and what it survives. */

const HOOKS = join(PROJECT_DIR, 'shell-hooks')
const FILE = 'cmdaid-bash.so'
const BUILT = join(HOOKS, 'loadable', FILE)

const [major = 0, minor = 0] = versionOf('bash').split('.').map(Number)
const version = major * 100 + minor
if (process.platform !== 'linux' || version < 404) {
  t.plan(0, 'only bash 4.4 and newer takes the builtin, and on Linux only')
  process.exit()
}
execFileSync(join(HOOKS, 'build'), ['loadable'])

const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

/** A copy of the hooks without what was compiled; `put` says what lies in the place of the builtin. */
function copyHooks(put: (file: string, folder: string) => void = () => undefined): string {
  const folder = mkdtempSync(join(home.dir, 'hooks-'))
  cpSync(HOOKS, folder, { recursive: true })
  rmSync(join(folder, 'loadable', FILE), { force: true })
  put(join(folder, 'loadable', FILE), folder)
  return folder
}

/** What a shell shows before its first prompt where there is no hook at all. */
const silence = await (async () => {
  await using pty = await startShell('bash', home, { hook: false })
  return pty.transcript
})()

/** A refused line has no effect, whoever judges it: the builtin or the functions. */
async function serves(t: Test, by: 'builtin' | 'functions', options: ShellOptions = {}): Promise<void> {
  forgetSaid(home)
  await using pty = await startShell('bash', home, options)
  const start = pty.transcript
  for (const line of ['say "native=$__cmdaid_native"', 'say a; DENYME; say b', 'say $?', '(DENYME)', 'say end'])
    await pty.line(line)
  // In 4.4 and from 5.3 on the functions leave another status, and show the error that discards the line.
  const status = by === 'builtin' ? '130' : (said(home)[1] ?? '')
  t.same(said(home), [by === 'builtin' ? 'native=1' : 'native=', status, 'end'], 'what ran')
  t.match(status, /^(1|130)$/)
  t.equal(count(pty.transcript, 'cmdaid: denied:'), 2, 'refusals shown')
  t.notMatch(pty.transcript, /unchecked|enable:|__cmdaid_native:/)
  if (by === 'builtin') t.notMatch(pty.transcript, /substring expression/)
  t.equal(start, silence, 'nothing is shown while it starts')
}

await t.test('the bash of this machine takes the builtin, and a refused line leaves nothing but a status', (t) =>
  serves(t, 'builtin'),
)

await t.test('without the builtin the functions serve', (t) => serves(t, 'functions', { hooks: copyHooks() }))

for (const name of ['lines', 'state']) {
  await t.test(`without the builtin everything in ${name}.test.ts holds as well`, { timeout: 220_000 }, async (t) => {
    const served = join(home.dir, `served-${name}`)
    const hooks = copyHooks((_, folder) => {
      const hook = join(folder, 'cmdaid.bash')
      const loaded = 'builtin eval "$__cmdaid_undo"\n'
      const text = readFileSync(hook, 'utf8')
      t.ok(text.includes(loaded))
      const tell = `builtin printf 'by %s\\n' "\${__cmdaid_native:-functions}" >>'${served}'\n`
      writeFileSync(hook, text.replace(loaded, `${tell}${loaded}`))
    })
    const { NODE_OPTIONS: _options, ...rest } = process.env
    const own = Object.entries(rest).filter(([variable]) => !variable.startsWith('TAP'))
    const child = spawn(process.execPath, [join(PROJECT_DIR, 'test/e2e', `${name}.test.ts`)], {
      cwd: PROJECT_DIR,
      env: { ...Object.fromEntries(own), CMDAID_TEST_HOOKS_DIR: hooks, TAP_TIMEOUT: '200' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
    const status = await new Promise((resolve) => child.once('close', resolve))
    t.equal(status, 0)
    if (status !== 0) t.comment(output)
    t.same([...new Set(readFileSync(served, 'utf8').split('\n'))], ['by functions', ''])
  })
}

/** Compiles a shared object from C, as the build does. */
function compile(file: string, folder: string, source: string): void {
  const text = join(folder, 'loadable/other.c')
  writeFileSync(text, source)
  const options = ['-std=c11', '-D_GNU_SOURCE', '-O2', '-shared', '-fPIC']
  execFileSync('cc', [...options, '-o', file, text, join(folder, 'relay/allowed.c')], { stdio: 'inherit' })
}

const SOURCE = readFileSync(join(HOOKS, 'loadable/cmdaid_bash.c'), 'utf8')

/** The builtin's source with something else in the place of `from`. */
function sourceWith(from: string, to: string): string {
  if (!SOURCE.includes(from)) throw new Error(`the source has no ${from}`)
  return SOURCE.replace(from, to)
}

const NO_BUILTINS: Readonly<Record<string, (file: string, folder: string) => void>> = {
  'is text': (file) => writeFileSync(file, 'no library\n'),
  'is empty': (file) => writeFileSync(file, ''),
  'is only the beginning of one': (file) => {
    cpSync(BUILT, file)
    truncateSync(file, 100)
  },
  'is for another processor': (file) => {
    const bytes = readFileSync(BUILT)
    bytes.writeUInt16LE(0xfffe, 18)
    writeFileSync(file, bytes)
  },
  'may not be read by anybody': (file) => {
    writeFileSync(file, '')
    chmodSync(file, 0)
  },
  'is a folder': (file) => mkdirSync(file),
  'is a FIFO': (file) => {
    execFileSync('mkfifo', [file])
  },
  'is a link that leads nowhere': (file) => symlinkSync('gone', file),
  'has no builtins': (file, folder) => compile(file, folder, 'int nothing;\n'),
  'speaks another version': (file, folder) =>
    compile(file, folder, sourceWith('HOOK_VERSION[] = "1"', 'HOOK_VERSION[] = "2"')),
  'needs what this bash has not': (file, folder) =>
    compile(file, folder, sourceWith('{"where_history"', '{"no_such_function"')),
}

for (const [what, put] of Object.entries(NO_BUILTINS)) {
  await t.test(`a file that ${what} is passed over in silence`, (t) =>
    serves(t, 'functions', { hooks: copyHooks(put) }),
  )
}

await t.test('a file that this person has compiled is taken, where the installation has none', async (t) => {
  const hooks = copyHooks()
  const inState = join(home.stateDir, FILE)
  const usual = join(home.dir, '.local/state/cmdaid')
  mkdirSync(home.stateDir, { recursive: true })
  cpSync(BUILT, inState)
  await serves(t, 'builtin', { hooks })
  await serves(t, 'builtin', { hooks: copyHooks((file) => writeFileSync(file, 'no library\n')) })
  rmSync(inState)
  mkdirSync(usual, { recursive: true })
  cpSync(BUILT, join(usual, FILE))
  await serves(t, 'functions', { hooks })
  await serves(t, 'builtin', { hooks, env: { XDG_STATE_HOME: '' } })
})

const notRoot = process.getuid?.() !== 0 && 'only root can give a file to another user: runs where tests run as root'
await t.test("somebody else's file is believed beside the hook only", { skip: notRoot }, async (t) => {
  const hooks = copyHooks()
  const inState = join(home.stateDir, FILE)
  mkdirSync(home.stateDir, { recursive: true })
  cpSync(BUILT, inState)
  chownSync(inState, 65_534, 65_534)
  t.teardown(() => rmSync(inState, { force: true }))
  await serves(t, 'functions', { hooks })
  const theirs = join(home.dir, 'theirs.so')
  cpSync(inState, theirs)
  chownSync(theirs, 65_534, 65_534)
  rmSync(inState)
  symlinkSync(theirs, inState)
  await serves(t, 'functions', { hooks })
  const beside = (file: string): void => {
    cpSync(BUILT, file)
    chownSync(file, 65_534, 65_534)
  }
  await serves(t, 'builtin', { hooks: copyHooks(beside) })
})

await t.test('unloading takes the builtins and their variable away', async (t) => {
  forgetSaid(home)
  await using pty = await startShell('bash', home)
  const names = '$(enable -a | grep -c __cmdaid_) $(compgen -A function -A variable __cmdaid_ | grep -c .)'
  for (const line of [
    'say $(enable -a | grep -c __cmdaid_) ${__cmdaid_line+set}',
    'DENYME',
    '__cmdaid_unload',
    'DENYME',
    `say "${names} \${__cmdaid_line+set}"`,
    'say end',
  ])
    await pty.line(line)
  t.same(said(home), ['3 set', 'DENYME ran', '0 0 ', 'end'])
  t.equal(count(pty.transcript, 'cmdaid: denied:'), 1)
})

await t.test('a hook that was unloaded can be loaded again', async (t) => {
  forgetSaid(home)
  await using pty = await startShell('bash', home)
  const load = `source '${join(HOOKS, 'cmdaid.bash')}'; __cmdaid_wait=10.000000`
  for (let round = 0; round < 3; round += 1) {
    for (const line of ['__cmdaid_unload', 'DENYME', load, 'DENYME', 'say "$__cmdaid_native"']) await pty.line(line)
  }
  t.same(said(home), Array.from({ length: 3 }, () => ['DENYME ran', '1']).flat())
})

// --- what people do to it ----------------------------------------------------------------------------------------------

/** Lines after which the hook is as it was. */
const HARMLESS = [
  'echo "$__cmdaid_line"',
  'declare -p __cmdaid_line',
  'set | grep -c __cmdaid_line',
  'compgen -v __cmdaid_ | grep -c line',
  '[[ -v __cmdaid_line ]]',
  'say() { builtin printf "%s\\n" "$*" >>said; }; echo ${#__cmdaid_line} ${!__cmdaid_l*}',
  'x=$(echo $__cmdaid_line; declare -p __cmdaid_line); (echo $__cmdaid_line)',
  'echo $__cmdaid_line & wait',
  'f() { local __cmdaid_line; echo $__cmdaid_line; }; f',
  'readonly __cmdaid_line',
  'declare -i __cmdaid_line',
  'export __cmdaid_line',
  '__cmdaid_line=',
  'unset __cmdaid_line',
  'declare -a __cmdaid_line',
  'declare -A __cmdaid_line',
  'declare -n __cmdaid_line=foo',
  '((BASH_VERSINFO[0] < 5)) || x=$((__cmdaid_line))',
  '__cmdaid_line=1',
  '__cmdaid_line+=1111',
  '__cmdaid_native; __cmdaid_native 0; __cmdaid_native 1; __cmdaid_native x y z',
  '__cmdaid_ended; __cmdaid_ended a; __cmdaid_ended "" x y z',
  '__cmdaid_prompt; __cmdaid_prompt ""; __cmdaid_prompt a b c',
  `__cmdaid_ended 1 $(printf '%s ' {1..3000})`,
  'PWD=(a b)',
  'unset PWD',
  'declare -A PWD',
  'HISTSIZE=0',
  'history -c',
  'set +o history; say() { builtin printf "%s\\n" "$*" >>said; }; set -o history',
  'set -aeu',
] as const

/** Lines that take the hook apart: what it does from then on is the person's business, but the shell goes on. */
const HARMFUL = [
  `__cmdaid_slot=$(printf 'x%.0s' {1..10000})`,
  '__cmdaid_slot=(a b)',
  '__cmdaid_slot=/dev',
  '__cmdaid_n=abc',
  '__cmdaid_n=99999999999999999999',
  '__cmdaid_digit=99999999999999999999',
  '__cmdaid_digit=-7',
  '__cmdaid_history=99999999999999999999',
  '__cmdaid_wait=nan',
  '__cmdaid_wait=()',
  '__cmdaid_kept=; __cmdaid_final=; __cmdaid_asked=x',
  `__cmdaid_marker=$(printf 'x%.0s' {1..10000}); __cmdaid_generation=$__cmdaid_marker`,
  'readonly __cmdaid_n __cmdaid_digit __cmdaid_asked __cmdaid_refused __cmdaid_history',
  'declare -i __cmdaid_started __cmdaid_byte',
  'unset ${!__cmdaid_*}',
  'unset -f $(compgen -A function __cmdaid_)',
  'enable -d __cmdaid_native',
  'enable -d __cmdaid_native __cmdaid_ended __cmdaid_prompt',
  'enable -n __cmdaid_native __cmdaid_ended __cmdaid_prompt',
] as const

await t.test('whatever a person does with what the builtin has for them, lines after it are judged', async (t) => {
  for (const line of HARMLESS) {
    forgetSaid(home)
    await using pty = await startShell('bash', home, { after: `cd '${home.dir}'` })
    const status = await after(pty, [line, 'set +eu', 'say 1', 'DENYME', 'say 2', 'DENYME; say 3', 'say end'])
    t.same({ line, status, said: said(home) }, { line, status: 'lives', said: ['1', '2', 'end'] })
  }
})

await t.test('whatever a person does to the state of the hook, the shell goes on', async (t) => {
  for (const line of HARMFUL) {
    forgetSaid(home)
    await using pty = await startShell('bash', home, { waitSeconds: 0.2 })
    const status = await after(pty, [line, 'say 1', ':', ': | :', '', 'say end'])
    // Before 5.1 some of them make an error in arithmetic of each line, which discards it.
    const ran = version < 501 ? [] : said(home)
    t.same({ line, status, ran }, { line, status: 'lives', ran: version < 501 ? [] : ['1', 'end'] })
  }
})

/** Whether a shell that runs these lines still has a prompt after them. */
async function after(pty: PtyShell, lines: readonly string[]): Promise<string> {
  try {
    for (const line of lines) await pty.line(line)
    return 'lives'
  } catch (error) {
    return String(error)
  }
}

await t.test('lines and directories that fit no frame are judged', async (t) => {
  forgetSaid(home)
  await using pty = await startShell('bash', home)
  const deep = join(home.dir, 'deep')
  t.teardown(() => execFileSync('rm', ['-rf', deep]))
  for (const line of [
    // The terminal takes no more of a line at once than it holds, so longer ones come by a key.
    `bind -x '"\\C-t":key'; key() { READLINE_LINE=$next; READLINE_POINT=0; }`,
    `fill() { printf -v "$1" '%*s' "$2" ''; printf -v "$1" %s "\${!1// /x}"; }`,
    `fill d 200; mkdir '${deep}'; cd '${deep}'`,
    'for n in {1..25}; do mkdir $d && cd -P $d || say none; done 2>/dev/null; say $((${#PWD} > 4096 || BASH_VERSINFO < 5))',
    'DENYME',
    'say deep',
    `cd '${home.dir}'; DENYME`,
    `cd '${home.dir}'`,
  ])
    await pty.line(line)
  const refusals = (): number => count(pty.transcript, 'cmdaid: denied:')
  for (const length of [4_000, 4_050, 4_096, 5_000, 70_000]) {
    const before = { ran: said(home).length, refused: refusals() }
    await pty.line(`fill x ${length}; next="say $((\${#x})); : $x; DENYME"`)
    await byKey(pty, () => refusals() > before.refused)
    await pty.line(`next="say $((\${#x})); : $x"`)
    await byKey(pty, () => said(home).length > before.ran)
  }
  t.same(said(home), ['1', 'deep', '4000', '4050', '4096', '5000', '70000'])
  t.equal(refusals(), 7)
})

/** Runs the line that a key brings. Readline shows the prompt anew for that, so prompts do not tell when it has ended. */
async function byKey(pty: PtyShell, ended: () => boolean): Promise<void> {
  pty.type('\x14\r')
  await until('the end of a line that came by a key', ended, { detail: () => pty.transcript.slice(-2_000) })
  pty.type('echo "ready"-again\r')
  await pty.waitForText('ready-again')
  await pty.waitForPrompt()
}

// --- what a line costs -------------------------------------------------------------------------------------------------

const FIFO = (name: string): readonly string[] => [`open ${name}`, `stat ${name}`]
const FRAME = [...FIFO('req'), 'ioctl req FIONREAD', 'write req', 'close req']
const ANSWER = [...FIFO('rep'), 'answer rep', 'close rep']
const LOOK = ['access marker']

await t.test('a line starts no process, and makes few calls', async (t) => {
  const wrapper = join(home.dir, 'traced')
  const trace = join(home.dir, 'trace')
  writeFileSync(wrapper, `#!/bin/sh\nexec strace -f -y -s 4096 -o '${trace}' ${testedProgram('bash')} "$@"\n`)
  chmodSync(wrapper, 0o700)
  await using pty = await startShell('bash', home, { program: wrapper })
  // The first ones say hello, and take in what is remembered.
  for (const line of [': hello', ': line', ': line']) await pty.line(line)
  const before = readFileSync(trace).length
  const typed = [': line', ': new', ': line', ': new']
  for (const line of typed) await pty.line(line)
  const text = await until('the trace of the last line', () => {
    const part = readFileSync(trace, 'utf8').slice(before)
    return count(part, PROMPT) >= typed.length ? part : null
  })
  t.notMatch(text, /^\d+ +(clone3?|v?fork|execve)\(/m)
  const asked = [...FRAME, ...ANSWER, ...FRAME]
  const again = [...LOOK, ...FRAME, ...FRAME]
  const calls = callsOfHook(text)
  // How often it looks for the answer depends on how soon that comes.
  const isLook = (call: string | undefined): boolean => call === 'poll rep' || call === 'read rep'
  t.ok(calls.filter(isLook).length <= 4, 'few looks for the answer')
  t.same(
    calls
      .filter((call, at) => !isLook(call) || !isLook(calls[at + 1]))
      .map((call) => (isLook(call) ? 'answer rep' : call)),
    [...again, ...asked, ...again, ...again],
  )
})

/** Every call that names something in the runtime directory, in order, under a name that is the same on all processors. */
function callsOfHook(trace: string): readonly string[] {
  const names: Readonly<Record<string, string>> = {
    openat: 'open',
    newfstatat: 'stat',
    fstat: 'stat',
    statx: 'stat',
    faccessat: 'access',
    faccessat2: 'access',
    ppoll: 'poll',
  }
  return trace.split('\n').flatMap((line) => {
    if (!line.includes(home.runtimeDir)) return []
    const [, call = ''] = /^\d+ +(\w+)\(/.exec(line) ?? []
    const marker = line.includes(`${home.runtimeDir}/allow/`) && 'marker'
    const what = marker || (/\/s\/[0-9a-f]{16}\/(\w+)/.exec(line)?.[1] ?? line)
    return [`${names[call] ?? call} ${what}${line.includes('FIONREAD') ? ' FIONREAD' : ''}`]
  })
}
