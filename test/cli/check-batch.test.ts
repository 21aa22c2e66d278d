import * as fc from 'fast-check'
import t from 'tap'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { checkBatch } from '../../src/cli/check-batch.ts'
import { COMMANDS } from '../../src/cli/command-table.ts'
import type { CommandContext } from '../../src/cli/command.ts'
import { Output } from '../../src/cli/output.ts'
import { CHECK_BATCH_LINE_UNITS_MAX } from '../../src/core/limits.ts'
import { resolvePaths } from '../../src/core/paths.ts'
import { compilePolicy } from '../../src/core/policy/compile.ts'
import { parsePolicyText } from '../../src/core/policy/parse.ts'
import { TEST_POLICY } from '../support/policy.ts'

const document = parsePolicyText(TEST_POLICY, 'policy.yaml')
if (!document.ok) throw new Error('the test policy does not parse')
const compiled = compilePolicy([{ authority: 'user', kind: 'document', document: document.value }], { examples: false })
if (!compiled.ok) throw new Error('the test policy does not compile')
const policy = compiled.value

/** Runs a batch over chunks as they come; the answers parsed, their timings left out. */
async function answers(chunks: readonly (string | Buffer)[]): Promise<{ status: number; lines: unknown[] }> {
  const stdout = new PassThrough()
  const shown = text(stdout)
  const [spec] = COMMANDS
  if (spec === undefined) throw new Error('no commands')
  const io = {
    ...process,
    stdin: Readable.from(chunks, { objectMode: false }),
    cwd: () => '/',
    once: () => process,
    off: () => process,
  }
  const context = {
    spec,
    flags: new Set(['batch']),
    values: new Map(),
    operands: [],
    output: new Output(stdout as unknown as NodeJS.WriteStream, process.stderr, {}),
    io: io as unknown as CommandContext['io'],
    paths: resolvePaths({ env: {}, platform: 'linux', home: '/home/u', uid: 1 }),
    home: '/home/u',
    signal: new AbortController().signal,
  }
  const status = await checkBatch(policy, context)
  stdout.end()
  const lines = (await shown).split('\n').slice(0, -1)
  return {
    status,
    lines: lines.map((line) => {
      const { eval_ns: _, ...rest } = JSON.parse(line) as Record<string, unknown>
      return rest
    }),
  }
}

t.test('however the input is cut into chunks, the answers are the same', async (t) => {
  const input = Buffer.from(
    [
      '{"cmd":"DENYME ünï 😀","id":1}',
      'garbage',
      '',
      '{"cmd":"say","id":null}',
      '{"id":{}}',
      '{"cmd":"WARNME","id":"last"}',
    ].join('\n'),
  )
  const whole = await answers([input])
  t.equal(whole.status, 3)
  t.equal(whole.lines.length, 5)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(input.length), { maxLength: 12 }), async (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), input.length]
      const chunks = ends
        .map((end, index) => input.subarray(ends[index - 1] ?? 0, end))
        .filter(({ length }) => length > 0)
      t.strictSame(await answers(chunks), whole)
    }),
    { numRuns: 100 },
  )
})

t.test('every line gets one answer, whatever is in it', async (t) => {
  const line = fc.oneof(
    fc.json(),
    fc
      .record({
        cmd: fc.string({ unit: 'binary', maxLength: 30 }),
        id: fc.jsonValue(),
        shell: fc.constantFrom('bash', 'zsh', 'x'),
      })
      .map((value) => JSON.stringify(value)),
    fc.string({ unit: 'binary', maxLength: 20 }).map((each) => `x${each.replaceAll('\n', '')}`),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
      const { lines: answered } = await answers([Buffer.from(lines.join('\n'))])
      t.equal(answered.length, lines.length)
    }),
    { numRuns: 300 },
  )
})

t.test('a line over the limit is answered with an error, and the next one as ever', async (t) => {
  const long = Buffer.alloc(CHECK_BATCH_LINE_UNITS_MAX + 1, 'a')
  const { status, lines } = await answers([
    long.subarray(0, 1_000_000),
    long.subarray(1_000_000),
    Buffer.from('\n{"cmd":"say","id":2}\n'),
    long,
  ])
  const tooLong = (line: number): object => ({
    id: null,
    v: 1,
    line,
    error: {
      code: 'CMDAID_ERR_USAGE',
      message: `the line is longer than ${CHECK_BATCH_LINE_UNITS_MAX} characters`,
      hint: 'one object a line: {"cmd": "ls -l", "id": 1}',
    },
  })
  t.strictSame(
    { status, lines },
    {
      status: 3,
      lines: [
        tooLong(1),
        { id: 2, v: 1, effect: 'allow', risk: 'safe', rule: null, rules: [], reason: '' },
        tooLong(3),
      ],
    },
  )
})
