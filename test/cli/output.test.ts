import * as fc from 'fast-check'
import t from 'tap'
import { cutToWidth } from '../../src/cli/display-width.ts'
import { jsonLine, visible, visibleLines, wantsColours } from '../../src/cli/output.ts'

t.test('visible shows what cannot be seen and leaves the rest', async (t) => {
  const cases: readonly (readonly [text: string, shown: string])[] = [
    ['plain text, "quotes" and \\ stay', 'plain text, "quotes" and \\ stay'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['\u001B[31mred\u0007\u0000', '\\e[31mred\\x07\\x00'],
    ['\u009B31m', '\\x9b31m'],
    ['abc\u202Edef\u2066', 'abc\\u{202e}def\\u{2066}'],
    ['ze\u200Bro\uFEFF\u00AD', 'ze\\u{200b}ro\\u{feff}\\xad'],
    ['no\u00A0break\u3000wide', 'no\\xa0break\\u{3000}wide'],
    ['tag\u{E0041}', 'tag\\u{e0041}'],
    ['half \uD800', 'half \\u{d800}'],
    ['ünïcödé 中文 😀', 'ünïcödé 中文 😀'],
  ]
  t.strictSame(
    cases.map(([text]) => visible(text)),
    cases.map(([, shown]) => shown),
  )
  t.equal(visibleLines('a\tb\n\u001B[2J\n'), 'a\tb\n\\e[2J\n')
})

t.test('nothing that visible returns can move a cursor, break a line or turn the direction of writing', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      return !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(visible(text))
    }),
    { numRuns: 5_000 },
  )
  t.pass('5,000 texts')
})

t.test('jsonLine hides nothing either, and reads as the same value', async (t) => {
  t.equal(jsonLine({ a: 'x\u202Ey\u009B\u{E0041}' }), '{"a":"x\\u202ey\\u009b\\udb40\\udc41"}')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const line = jsonLine([text])
      return !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line) && (JSON.parse(line) as string[])[0] === text
    }),
    { numRuns: 5_000 },
  )
})

t.test('cutToWidth counts wide characters twice and marks none', async (t) => {
  t.strictSame(
    [
      cutToWidth('abcdef', 6),
      cutToWidth('abcdef', 5),
      cutToWidth('中文字', 6),
      cutToWidth('中文字', 5),
      cutToWidth('中文字', 4),
      cutToWidth('e\u0301e\u0301', 2),
      cutToWidth('', 3),
    ],
    ['abcdef', 'abcd…', '中文字', '中文…', '中…', 'e\u0301e\u0301', ''],
  )
})

t.test('colours are for terminals, unless the environment says otherwise', async (t) => {
  const cases: readonly (readonly [env: Record<string, string>, terminal: boolean, colours: boolean])[] = [
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ]
  t.strictSame(
    cases.map(([env, terminal]) => wantsColours(env, terminal)),
    cases.map(([, , colours]) => colours),
  )
})
