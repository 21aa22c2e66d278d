import t from 'tap'
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { askedLines, endedLines, readRecord } from '../../support/record.ts'
import { forgetSaid, said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { buildRelay, FISH_HOOK, FISHES, FishShell } from './fish-shell.ts'

buildRelay()
const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

/** The process id of a shell's relay, from the path that the shell writes to. */
async function relayOf(fish: FishShell): Promise<number> {
  forgetSaid(home)
  await fish.line('say (string split / $__cmdaid_ends[1])[3]')
  return Number(said(home)[0])
}

/** A process that has ended counts as gone also where nobody has waited for it. */
function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
}

for (const program of FISHES) {
  t.test(`${program}: the record has every line as it was, its end, the canary and what went round us`, async (t) => {
    using own = makeTemporaryHome({ policy: TEST_POLICY })
    await using ownDaemon = await TestDaemon.start(own)
    t.ok(ownDaemon.pid > 0)
    const fish = await FishShell.start(own, {
      program,
      after: `bind \\cg 'builtin commandline --replace "say round"; builtin commandline --function execute'`,
    })
    await fish.line("say 'ä\\t𝄞'; sh -c 'exit 3'")
    await fish.line('DENYME')
    fish.type('\x07')
    await fish.waitForPrompt()
    await fish.line('false | true')
    fish.type('exit\r')
    await fish.pty.waitForExit()
    const entries = await until('the end of the session in the record', async () => {
      const all = await readRecord(own)
      return all.some(({ record }) => record === 'SESSION_CLOSE') ? all : null
    })
    t.strictSame(askedLines(entries).map(String), ["say 'ä\\t𝄞'; sh -c 'exit 3'", 'DENYME', 'false | true', 'exit'])
    t.strictSame(endedLines(entries).slice(0, 3), ['1:finished:3', '2:denied:3', '4:finished:0'])
    const text = entries.map((entry) => JSON.stringify(entry)).join('\n')
    t.match(text, /"unasked"/)
    t.match(text, /"enforced"/)
  })

  t.test(`${program}: what init prints loads the hook`, async (t) => {
    forgetSaid(home)
    await using fish = await FishShell.start(home, {
      program,
      hook: false,
      before: `'${process.execPath}' '${join(PROJECT_DIR, 'src/main.ts')}' init fish | source`,
      after: 'set -g __cmdaid_wait 10000',
    })
    await fish.line('DENYME')
    await fish.line('say end')
    t.strictSame(said(home), ['end'])
  })

  t.test(`${program}: unloading leaves the shell as it was, and ends the relay`, async (t) => {
    await using fish = await FishShell.start(home, {
      program,
      hook: false,
      before: `bind \\ct suppress-autosuggestion execute
function look; begin; bind; functions --all --names; set --names; functions alias; functions commandline; end >$argv[1] 2>/dev/null; end
alias --help >/dev/null`,
    })
    await fish.line('look before; look before')
    await fish.line(`source '${FISH_HOOK}'`)
    await fish.line(`source '${FISH_HOOK}'; DENYME`)
    await fish.line('say 1')
    const relay = await relayOf(fish)
    t.notOk(isGone(relay))
    await fish.line('__cmdaid_unload')
    await until('the relay to end', () => isGone(relay))
    forgetSaid(home)
    await fish.line('DENYME; look after')
    t.strictSame(said(home), ['DENYME ran'])
    const read = (name: string): string[] =>
      readFileSync(join(home.dir, name), 'utf8')
        .split(/[\n,]/)
        .filter((line) => !/^(?:_|history|# Defined|copied in)/.test(line.trim()))
        .toSorted()
    t.strictSame(read('after'), read('before'))
  })

  t.test(`${program}: a relay that dies is replaced, and every line is asked about`, async (t) => {
    await using fish = await FishShell.start(home, { program, before: 'alias early DENYME' })
    const relay = await relayOf(fish)
    forgetSaid(home)
    process.kill(relay, 'SIGKILL')
    await until('the relay to end', () => isGone(relay))
    await fish.line('early')
    await fish.line('DENYME')
    await fish.line('say 1')
    t.strictSame(said(home), ['1'])
    t.not(await relayOf(fish), relay)
  })

  t.test(`${program}: the relay ends with its shell, however that ends, and with one that replaces it`, async (t) => {
    const killed = await FishShell.start(home, { program })
    const first = await relayOf(killed)
    process.kill(killed.pty.pid, 'SIGKILL')
    await until('the relay of a killed shell to end', () => isGone(first))

    await using replaced = await FishShell.start(home, { program })
    const second = await relayOf(replaced)
    replaced.type(`exec ${program}\r`)
    await until('the relay of a replaced shell to end', () => isGone(second))
    t.pass()
  })

  t.test(`${program}: what a shell said before it ended is told, also when its relay reads it only then`, async (t) => {
    using own = makeTemporaryHome({ policy: TEST_POLICY })
    await using ownDaemon = await TestDaemon.start(own)
    t.ok(ownDaemon.pid > 0)
    await using fish = await FishShell.start(own, { program })
    await fish.line('set -g relay (string split / $__cmdaid_ends[1])[3]; say $relay')
    const relay = Number(said(own)[0])
    fish.type('kill -STOP $relay; exit\r')
    await fish.pty.waitForExit()
    process.kill(relay, 'SIGCONT')
    const entries = await until('the end of the session in the record', async () => {
      const all = await readRecord(own)
      return all.some(({ record }) => record === 'SESSION_CLOSE') ? all : null
    })
    t.match(entries.find(({ record }) => record === 'SESSION_CLOSE')?.details, { cause: 'bye' })
  })

  t.test(`${program}: without a relay lines run, and it is said once`, async (t) => {
    const folder = join(home.dir, `bare-${FISHES.indexOf(program)}`)
    mkdirSync(folder)
    for (const name of ['cmdaid.fish', 'cmdaid-3.6.fish']) {
      cpSync(join(PROJECT_DIR, 'shell-hooks', name), join(folder, name))
    }
    forgetSaid(home)
    await using fish = await FishShell.start(home, {
      program,
      hook: false,
      after: `source '${join(folder, 'cmdaid.fish')}'`,
    })
    await fish.line('say 1')
    await fish.line('DENYME')
    t.strictSame(said(home), ['1', 'DENYME ran'])
    t.equal(fish.transcript.split('commands run unchecked').length - 1, 1)
  })

  t.test(`${program}: no line starts a process, and no child inherits anything`, async (t) => {
    forgetSaid(home)
    const trace = join(home.dir, `trace-${FISHES.indexOf(program)}`)
    await using fish = await FishShell.start(home, { program })
    const relay = await relayOf(fish)
    forgetSaid(home)
    for (let n = 0; n < 5; n += 1) await fish.line(`say warm ${n}`)
    const strace = ['-f', '-q', '-e', 'trace=fork,vfork,clone,clone3,execve', '-o', trace]
    const tracer = spawn('strace', [...strace, '-p', String(fish.pty.pid), '-p', String(relay)], { stdio: 'ignore' })
    await until('strace to attach', () => /TracerPid:\s+[1-9]/.test(readFileSync(`/proc/${relay}/status`, 'utf8')))
    for (let n = 0; n < 20; n += 1) await fish.line(`say line ${n}`)
    await fish.line('DENYME')
    tracer.kill('SIGINT')
    await until('strace to end', () => tracer.exitCode !== null || tracer.signalCode !== null)
    const calls = readFileSync(trace, 'utf8').split('\n')
    // Threads of fish (CLONE_THREAD) read its history and colour its lines.
    const processes = calls.filter(
      (line) => /clone|fork|exec/.test(line) && !line.includes('CLONE_THREAD') && !line.includes('resumed'),
    )
    t.strictSame(processes, [])
    await fish.line("sh -c 'ls -l /proc/self/fd' >fds")
    const inherited = readFileSync(join(home.dir, 'fds'), 'utf8')
    const ends = readdirSync(`/proc/${relay}/fd`).map((fd) => readlinkSync(`/proc/${relay}/fd/${fd}`))
    t.ok(ends.some((end) => end.startsWith('pipe:')))
    t.strictSame(
      ends.filter((end) => end !== '/dev/null' && inherited.includes(end)),
      [],
    )
  })
}

t.test('a fish that is too old says so', async (t) => {
  const text = readFileSync(FISH_HOOK, 'utf8').replaceAll('$version', '3.5.1')
  const file = join(home.dir, 'old.fish')
  writeFileSync(file, text)
  const program = FISHES[0] ?? 'fish'
  const err = execFileSync(
    program,
    ['--no-config', '-i', '-c', `source ${file} 2>&1; functions -a | string match '*__cmdaid*'; true`],
    {
      encoding: 'utf8',
      env: home.env,
    },
  )
  t.equal(err, 'cmdaid: fish 3.5.1 is too old (3.6 or newer is needed): commands run unchecked\n')
})
