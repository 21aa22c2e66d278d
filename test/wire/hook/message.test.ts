import * as fc from 'fast-check'
import t from 'tap'
import { commandBytesOf } from '../../../src/wire/hook/command-text.ts'
import { HOOK_FRAME_TYPES, HookFrame } from '../../../src/wire/hook/frame.ts'
import type { FrameEnds, HookFrameType } from '../../../src/wire/hook/frame.ts'
import { parseHookFrame } from '../../../src/wire/hook/message.ts'

type Field = string | Uint8Array

function frame(type: HookFrameType, cwd: Field, text: Field, extra: Field, digit = 3): HookFrame {
  const fields = [`1${type}${digit}`, cwd, text, extra].map((each) =>
    typeof each === 'string' ? Buffer.from(each) : Buffer.from(each),
  )
  let end = -1
  const ends = fields.map(({ length }) => (end += length + 1))
  return new HookFrame(Buffer.concat(fields.flatMap((each) => [each, Buffer.of(0)])), ends as unknown as FrameEnds)
}

const HELLO = [
  'shell=zsh',
  'version=5.9',
  'pid=4242',
  'ppid=17',
  'tty=/dev/pts/3',
  'interactive=1',
  'login=0',
  'options=569X',
  'markers=CLAUDECODE,CI,no-name,A=B',
  'hook=1',
].join('\n')

t.test('a hello is read by its names, in any order, and unknown names are ignored', async (t) => {
  const expected = {
    ok: true,
    value: {
      kind: 'hello',
      cwd: '/home/a b',
      hello: {
        shell: 'zsh',
        version: '5.9',
        pid: 4242,
        ppid: 17,
        tty: '/dev/pts/3',
        interactive: true,
        login: false,
        options: '569X',
        markers: ['CLAUDECODE', 'CI'],
        hook: '1',
      },
    },
  }
  t.strictSame(parseHookFrame(frame('H', '/home/a b', HELLO, '0')), expected)
  const shuffled = [...HELLO.split('\n').reverse(), 'later=thing', 'noise'].join('\n')
  t.strictSame(parseHookFrame(frame('H', '/home/a b', shuffled, '0')), expected)
})

t.test('a hello without a known shell or a possible pid is refused', async (t) => {
  for (const text of [
    '',
    'shell=zsh',
    'pid=42',
    'shell=csh\npid=42',
    'shell=zsh\npid=1',
    'shell=zsh\npid=-5',
    'shell=zsh\npid=4e3',
    'shell=zsh\npid=9999999999',
  ]) {
    t.strictSame(parseHookFrame(frame('H', '/', text, '0')), { ok: false, error: 'malformed' }, JSON.stringify(text))
  }
})

t.test('each kind of frame has its values', async (t) => {
  const parse = (...arguments_: Parameters<typeof frame>) => {
    const parsed = parseHookFrame(frame(...arguments_))
    return parsed.ok ? parsed.value : parsed.error
  }
  t.strictSame(parse('Q', '/tmp', 'ls', '12 p', 2), {
    kind: 'ask',
    cwd: '/tmp',
    seq: 12,
    digit: 2,
    form: 'plain',
    text: Buffer.from('ls'),
    aliases: 0,
  })
  t.strictSame(parse('S', '/tmp', '', '13 h'), {
    kind: 'ask',
    cwd: '/tmp',
    seq: 13,
    digit: 3,
    form: 'history',
    text: null,
    aliases: 0,
  })
  t.strictSame(parse('Q', '/tmp', 'x', '14 b 999999999999999'), {
    kind: 'ask',
    cwd: '/tmp',
    seq: 14,
    digit: 3,
    form: 'simple',
    text: Buffer.from('x'),
    aliases: 999_999_999_999_999,
  })
  t.strictSame(parse('A', '/tmp', 'ls -l', '15 p 2'), {
    kind: 'remembered',
    cwd: '/tmp',
    seq: 15,
    text: Buffer.from('ls -l'),
    aliases: 2,
  })
  t.strictSame(parse('E', '/', '130 1 0 130', '14'), {
    kind: 'finished',
    cwd: '/',
    seq: 14,
    exitStatus: 130,
    pipeStatuses: [1, 0, 130],
  })
  t.strictSame(parse('E', '/', '', '14'), { kind: 'finished', cwd: '/', seq: 14, exitStatus: null, pipeStatuses: [] })
  t.strictSame(parse('R', '/', 'as agreed', '15'), { kind: 'answered', seq: 15, reason: 'as agreed' })
  t.strictSame(parse('U', '/', 'make', '16'), { kind: 'unasked', cwd: '/', seq: 16, text: Buffer.from('make') })
  t.strictSame(parse('X', '/', '', '16'), { kind: 'bye', seq: 16 })
  t.strictSame(parse('Q', '/', 'cmdaid-canary', '0 c', 7), { kind: 'canary', digit: 7 })
  for (const outcome of ['enforced', 'observing', 'failed'] as const)
    t.strictSame(parse('K', '/', outcome, '0'), { kind: 'proof', outcome })
})

t.test('a field that is not of its form refuses the frame', async (t) => {
  for (const [type, extra] of [
    ['Q', '12'],
    ['Q', '12 q'],
    ['Q', ' 12 p'],
    ['Q', '12 p '],
    ['Q', '12 p 0'],
    ['Q', '12 p 01'],
    ['Q', '12 p x'],
    ['Q', '12 p 1 1'],
    ['Q', '12 p 1234567890123456'],
    ['S', 'p'],
    ['A', '1 h'],
    ['A', '0 c'],
    ['A', '1'],
    ['E', ''],
    ['E', '-1'],
    ['E', '1e3'],
    ['R', 'x'],
    ['U', '1 p'],
    ['X', '12345678901234567'],
  ] as const) {
    t.strictSame(parseHookFrame(frame(type, '/', 'x', extra)), { ok: false, error: 'malformed' }, `${type} ${extra}`)
  }
})

t.test('nothing but the canary is asked about in its form', async (t) => {
  for (const [type, text, extra] of [
    ['Q', 'rm -rf /', '0 c'],
    ['Q', 'cmdaid-canary; rm -rf /', '0 c'],
    ['Q', 'cmdaid-canary\n', '0 c'],
    ['Q', 'cmdaid-canary', '1 c'],
    ['Q', 'cmdaid-canary', '0 c 1'],
    ['S', 'cmdaid-canary', '0 c'],
    ['K', 'enforced', '1'],
    ['K', 'ENFORCED', '0'],
    ['K', '', '0'],
  ] as const) {
    t.strictSame(parseHookFrame(frame(type, '/', text, extra)), { ok: false, error: 'malformed' }, `${type} ${extra}`)
  }
})

t.test('no frame whatever throws', async () => {
  const bytes = fc.uint8Array({ maxLength: 80 })
  fc.assert(
    fc.property(fc.constantFrom(...HOOK_FRAME_TYPES), bytes, bytes, bytes, (type, cwd, text, extra) => {
      parseHookFrame(frame(type, cwd, text, extra))
    }),
    { numRuns: 1_000 },
  )
})

function commandOf(form: 'plain' | 'history' | 'simple', text: string): string {
  return Buffer.from(commandBytesOf(form, Buffer.from(text))).toString()
}

t.test('the command of the history form is what stands behind the number', async (t) => {
  t.equal(commandOf('history', 'ls\n  501  ls -la\n'), 'ls -la')
  t.equal(commandOf('history', 'ls\n12345* ls -la\n'), 'ls -la')
  t.equal(commandOf('history', '\n    1    indented\n'), '  indented')
  t.equal(commandOf('history', 'cat\n  502  cat <<X\nbody\n  9  y\nX\n'), 'cat <<X\nbody\n  9  y\nX')
})

t.test('a text that is not of the history form is judged whole, never in part', async (t) => {
  for (const text of ['rm -rf /', 'x\nrm -rf /\n', 'x\n501 rm\n', 'x\n  501', 'x\n', '', 'x\n  501\ty']) {
    t.equal(commandOf('history', text), text)
  }
})

t.test('the plain and the simple form are the command as it is', async (t) => {
  t.equal(commandOf('plain', 'x\n  501  y\n'), 'x\n  501  y\n')
  t.equal(commandOf('simple', 'x\n  501  y\n'), 'x\n  501  y\n')
})

t.test('any history entry comes back as it was typed', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.boolean(), (line, number, edited) => {
      const text = `anything\n${String(number).padStart(5)}${edited ? '*' : ' '} ${line}\n`
      return commandOf('history', text) === Buffer.from(line).toString()
    }),
  )
})
