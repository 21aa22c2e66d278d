import * as fc from 'fast-check'
import t from 'tap'
import { ALIASES_MAX } from '../../../src/core/limits.ts'
import { parseAliasFile } from '../../../src/wire/hook/alias-file.ts'

type Row = readonly [kind: string, name: string, value: string]

function file(rows: readonly Row[], behind = ''): Buffer {
  return Buffer.from(`${rows.map((row) => row.map((field) => `${field}\0`).join('')).join('')}\0${behind}`)
}

/** The tables as plain data; null for no table. */
function parsed(bytes: Uint8Array): Record<string, [string, string][]> | null {
  const table = parseAliasFile(bytes)
  return table === null ? null : { regular: [...table.regular], global: [...table.global], suffix: [...table.suffix] }
}

t.test('aliases of the three kinds are told apart, and their text is kept as it is', async (t) => {
  const rows: Row[] = [
    ['a', 'ok', 'rm -rf'],
    ['g', 'L', '| less'],
    ['s', 'pdf', 'zathura'],
    ['a', 'two', 'echo a\necho b '],
    ['a', 'empty', ''],
  ]
  t.strictSame(parsed(file(rows)), {
    regular: [
      ['ok', 'rm -rf'],
      ['two', 'echo a\necho b '],
      ['empty', ''],
    ],
    global: [['L', '| less']],
    suffix: [['pdf', 'zathura']],
  })
})

t.test('what stands behind the empty record is left over from a longer table', async (t) => {
  t.strictSame(parsed(file([['a', 'x', 'y']], 'a\0old\0rm -rf /\0')), { regular: [['x', 'y']], global: [], suffix: [] })
  t.equal(parsed(file([], 'a\0old\0rm\0')), null)
})

t.test('records that are cut, nameless or of an unknown kind are left out', async (t) => {
  const whole = { regular: [['x', 'y']], global: [], suffix: [] }
  t.strictSame(parsed(Buffer.from('a\0x\0y\0a\0z\0cut')), whole)
  t.strictSame(parsed(Buffer.from('a\0x\0y\0a\0z')), whole)
  t.strictSame(
    parsed(
      file([
        ['k', 'n', 'v'],
        ['a', '', 'v'],
        ['a', 'x', 'y'],
      ]),
    ),
    whole,
  )
  t.strictSame(
    parsed(
      file([
        ['aa', 'n', 'v'],
        ['__proto__', 'n', 'v'],
        ['a', 'x', 'y'],
      ]),
    ),
    whole,
  )
})

t.test('of two with the same name the later one counts, and names of objects are names', async (t) => {
  t.strictSame(
    parsed(
      file([
        ['a', 'x', '1'],
        ['g', 'x', '2'],
        ['a', 'x', '3'],
        ['a', '__proto__', '4'],
      ]),
    ),
    {
      regular: [
        ['x', '3'],
        ['__proto__', '4'],
      ],
      global: [['x', '2']],
      suffix: [],
    },
  )
})

t.test('no more than the bound are taken', async (t) => {
  const rows = Array.from({ length: ALIASES_MAX + 10 }, (_, at): Row => ['a', `n${at}`, 'v'])
  t.equal(parseAliasFile(file(rows))?.regular.size, ALIASES_MAX)
})

t.test('whatever a shell writes comes back', async () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'))
  const row = fc.tuple(
    fc.constantFrom('a', 'g', 's'),
    text.filter((name) => name !== ''),
    text,
  )
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), fc.string(), (rows, behind) => {
      const expected = (kind: string) => [
        ...new Map(rows.filter((each) => each[0] === kind).map(([, name, value]) => [name, value])),
      ]
      const table = parsed(file(rows, behind))
      const wanted = { regular: expected('a'), global: expected('g'), suffix: expected('s') }
      return rows.length === 0 ? table === null : JSON.stringify(table) === JSON.stringify(wanted)
    }),
  )
})

t.test('no bytes whatever throw', async () => {
  const bytes = fc.array(fc.constantFrom(0, 0, 0x61, 0x67, 0x73, 0x20, 0xff, 0xc3), { maxLength: 200 })
  fc.assert(
    fc.property(fc.oneof(bytes, fc.uint8Array({ maxLength: 200 })), (input) => {
      parseAliasFile(Uint8Array.from(input))
    }),
    { numRuns: 1_000 },
  )
})
