import t from 'tap'
import * as fc from 'fast-check'
import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { ALIAS_FILE_BYTES_MAX, COMMAND_BYTES_MAX, EXPLANATION_BYTES_MAX, HOOK_WAIT_MS } from '../../src/core/limits.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../support/home.ts'
import { until } from '../support/until.ts'

/** The relay of fish between a shell and a daemon that are both this test, compiled so that a wrong access ends it. */

const SOURCES = join(PROJECT_DIR, 'shell-hooks/relay')
const SLOT = '0123456789abcdef'
const home = makeTemporaryHome()
t.teardown(() => home[Symbol.dispose]())
const program = join(home.dir, 'relay')
const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.c'))
const options = ['-std=c11', '-D_GNU_SOURCE', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']
execFileSync('cc', [...options, '-o', program, ...sources.map((name) => join(SOURCES, name))])

const slot = join(home.runtimeDir, 's', SLOT)
mkdirSync(slot, { recursive: true, mode: 0o700 })
execFileSync('mkfifo', ['-m', '600', join(slot, 'req'), join(slot, 'rep')])
writeFileSync(join(home.runtimeDir, 'ready'), `${process.pid} 1\n`)
const req = openSync(join(slot, 'req'), constants.O_RDWR | constants.O_NONBLOCK)
const rep = openSync(join(slot, 'rep'), constants.O_RDWR | constants.O_NONBLOCK)
const shell = spawn('sleep', ['1000'], { stdio: 'ignore' })
t.teardown(() => shell.kill('SIGKILL'))

const [input = '', output = '', saying = ''] = execFileSync(
  program,
  ['serve', '1', String(shell.pid), '4.0', '0', '5000'],
  { encoding: 'utf8', env: { ...home.env, ASAN_OPTIONS: `log_path=${join(home.dir, 'asan')}` } },
).split('\n')
const relay = Number(/\/proc\/(\d+)\//.exec(input)?.[1])

/** Frames that the daemon has received and nobody has looked at. */
let pending = Buffer.alloc(0)
async function nextFrame(): Promise<readonly string[]> {
  const chunk = Buffer.alloc(65_536)
  return until('a frame', () => {
    try {
      pending = Buffer.concat([pending, chunk.subarray(0, readSync(req, chunk))])
    } catch {
      // Nothing there yet.
    }
    const fields: string[] = []
    let from = 0
    while (fields.length < 4) {
      const end = pending.indexOf(0, from)
      if (end < 0) return null
      fields.push(pending.toString('utf8', from, end))
      from = end + 1
    }
    pending = pending.subarray(from)
    return fields
  })
}

/** The daemon's answer to an ask: a letter whose place is the ask's digit. */
function answerAs(first: string, header: string): void {
  writeSync(rep, Buffer.from([first.charCodeAt(0) + Number(header[2])]))
}

async function hear(): Promise<string> {
  const file = await open(output, 'r')
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1)
  await file.close()
  return buffer.toString('latin1')
}

function tell(bytes: string | Uint8Array, cuts: readonly number[] = []): void {
  const all = Buffer.from(bytes)
  const fd = openSync(input, constants.O_WRONLY)
  let from = 0
  for (const cut of cuts.map((n) => n % (all.length + 1)).toSorted((a, b) => a - b)) {
    writeSync(fd, all.subarray(from, cut))
    from = cut
  }
  writeSync(fd, all.subarray(from))
  closeSync(fd)
}

const isSound = (): boolean =>
  existsSync(`/proc/${relay}`) && !readdirSync(home.dir).some((name) => name.startsWith('asan'))

const word = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\0', ''))
let n = 0
let turn = 0

t.test('a hello comes first, and says who the shell is', async (t) => {
  tell('C0\0/tmp\0cmdaid-canary\0')
  const hello = await nextFrame()
  t.match(hello[0], /^1H\d$/)
  t.match(hello[2], new RegExp(`^shell=fish\nversion=4\\.0\npid=${shell.pid}\nppid=${process.pid}\n`))
  t.equal(readFileSync(join(slot, 'claimed'), 'utf8'), `${shell.pid}\n`)
  const canary = await nextFrame()
  t.strictSame(canary.slice(1), ['/tmp', 'cmdaid-canary', '0 c'])
  answerAs('A', canary[0] ?? '')
  t.equal(await hear(), 'c')
})

t.test('an ask arrives whole however it is cut, and its answer goes back for that ask', async () => {
  const answers = [
    ['a', 0],
    ['k', 1],
    ['A', 2],
    ['K', 3],
  ] as const
  await fc.assert(
    fc.asyncProperty(
      word,
      word.filter((text) => !text.includes('\\')),
      fc.constantFrom(...answers),
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.constantFrom('', 'zz'),
      async (cwd, text, [first, place], cuts, stale) => {
        n += 1
        turn = 1 - turn
        writeFileSync(join(slot, 'why'), `one\n\ncmdaid: ${n}\n`)
        if (stale !== '') writeSync(rep, stale)
        tell(`L${turn}\0${cwd}\0${text}\n\0`, cuts)
        const [header = '', ...fields] = await nextFrame()
        const expected = [cwd, text, `${n} p`]
        answerAs(first, header)
        const letter = await hear()
        return (
          JSON.stringify(fields) === JSON.stringify(expected) &&
          letter === String.fromCharCode((turn === 1 ? 65 : 97) + place) &&
          (place === 0 || readFileSync(saying, 'utf8') === `cmdaid: one\ncmdaid: ${n}\n`)
        )
      },
    ),
    { numRuns: 150 },
  )
})

t.test('abbreviations and backslashes send the hook to look closer, without an ask', async (t) => {
  tell('ok\nfine\nL0\0/\0say a\n\0')
  t.equal(await hear(), 'g')
  tell('L1\0/\0say \\a\n\0')
  t.equal(await hear(), 'G')
})

t.test('a line that begins without an ask is told as such, one that was asked is not', async (t) => {
  n += 1
  tell('Q0\0/\0say a\0')
  answerAs('a', (await nextFrame())[0] ?? '')
  t.equal(await hear(), 'a')
  tell(['P', '/', 'say a ', 'E', '/', '3 1 3', 'P', '/', 'say b', 'P', '/', ' \n', 'E', '/', '0', ''].join('\0'))
  t.strictSame((await nextFrame()).slice(1), ['/', '3 1 3', String(n)])
  n += 1
  t.strictSame((await nextFrame()).slice(1), ['/', 'say b', String(n)])
  tell('L0\0/\0say c\n\0')
  t.equal(await hear(), 'h', 'there is a key that the hook does not know')
})

t.test('a long line goes by a file, and one over the bound is cut there and as long as it was', async (t) => {
  for (const length of [5_000, COMMAND_BYTES_MAX + 70_000]) {
    n += 1
    tell(`Q1\0/\0${'x'.repeat(length)}\0`)
    const [header = '', , text, extra] = await nextFrame()
    t.strictSame([header[1], text, extra], ['S', '', `${n} p`])
    const file = readFileSync(join(slot, 'cmd'))
    t.equal(file.length, length)
    t.equal(file.indexOf(0) < 0 ? length : file.indexOf(0), Math.min(length, COMMAND_BYTES_MAX + 1))
    answerAs('a', header)
    t.equal(await hear(), 'A')
  }
})

t.test('aliases are written before the ask that names them, and again only when they change', async (t) => {
  const ask = async (): Promise<string> => {
    n += 1
    tell('Q0\0/\0say a\0')
    const frame = await nextFrame()
    answerAs('a', frame[0] ?? '')
    await hear()
    return frame[3] ?? ''
  }
  tell('A\0/\0a\0ll\0ls -l\0a\0none\0\0\0')
  t.equal(await ask(), `${n + 0} p 1`)
  t.equal(readFileSync(join(slot, 'aliases'), 'utf8'), 'a\0ll\0ls -l\0a\0none\0\0\0')
  t.equal(await ask(), `${n} p 1`)
  tell('A\0/\0\0')
  t.equal(await ask(), `${n} p 2`)
  t.equal(readFileSync(join(slot, 'aliases'), 'utf8'), '\0')
})

t.test('whatever the hook writes and whatever the daemon answers, the relay stays sound', async (t) => {
  const bytes = fc.uint8Array({ maxLength: 300 })
  const pieces = fc.array(fc.constantFrom('Q0', 'L1', 'A', 'E', 'R', 'K', 'P', '\0', '\0\0\0', 'a', '\n', '/tmp'), {
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(bytes, pieces, bytes, async (raw, made, why) => {
      writeFileSync(join(slot, 'why'), why)
      // An `X` in the place of a kind says goodbye, which is right and not what is tried here.
      const noise = Buffer.concat([Buffer.from(raw), Buffer.from(made.join(''))]).map((byte) =>
        byte === 88 ? 89 : byte,
      )
      tell(noise)
      // Asks in it are answered by anything; each takes it out of its wait.
      for (let digit = 0; digit < 10; digit += 1) writeSync(rep, Buffer.from([97 + digit, 0, 200]))
      const chunk = Buffer.alloc(65_536)
      try {
        while (readSync(req, chunk) > 0) continue
      } catch {
        // Empty.
      }
      return isSound()
    }),
    { numRuns: 150 },
  )
  t.ok(isSound())
})

t.test('the relay ends with the shell', async (t) => {
  shell.kill('SIGKILL')
  await until('the relay to end', () => {
    return !existsSync(`/proc/${relay}`) || readFileSync(`/proc/${relay}/stat`, 'utf8').includes(') Z ')
  })
  t.notOk(readdirSync(home.dir).some((name) => name.startsWith('asan')))
})

t.test('the bounds are those of the program', async (t) => {
  const text = ['channel.h', 'requests.h'].map((name) => readFileSync(join(SOURCES, name), 'utf8')).join('\n')
  const bound = (name: string): number => Number(new RegExp(`\\b${name} = (\\d+)`).exec(text)?.[1])
  t.strictSame(
    [bound('ALIAS_BYTES_MAX'), bound('WHY_BYTES_MAX'), bound('TEXT_BYTES_MAX')],
    [ALIAS_FILE_BYTES_MAX, EXPLANATION_BYTES_MAX, COMMAND_BYTES_MAX + 1],
  )
  const hook = readFileSync(join(PROJECT_DIR, 'shell-hooks/cmdaid-3.6.fish'), 'utf8')
  t.equal(Number(/__cmdaid_wait (\d+)/.exec(hook)?.[1]), HOOK_WAIT_MS)
  const guard = readFileSync(join(PROJECT_DIR, 'shell-hooks/cmdaid-env.fish'), 'utf8')
  t.equal(Number(/\$login (\d+)$/m.exec(guard)?.[1]), HOOK_WAIT_MS)
})
