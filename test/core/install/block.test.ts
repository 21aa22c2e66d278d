import t from 'tap'
import * as fc from 'fast-check'
import { addBlock, findBlocks, removeBlocks } from '../../../src/core/install/block.ts'

const BODY = 'load the hook\n'
const OLD_FILE = { file: false, directories: 0 }

/** Bytes, as latin1, with what matters at the ends of lines and files more often than chance would have it. */
const anyText = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .array(fc.constantFrom('a', '\n', '\r', '\r\n', '\\', '#', ' ', '\0', '\xff', 'x y', '# >>> other >>>'), {
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
)

function added(text: string, body = BODY, made = OLD_FILE): string {
  const result = addBlock(text, body, made)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

function removed(text: string): string {
  const result = removeBlocks(text)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value.text
}

t.test('lines are put at the end, behind a blank line, and what undoing needs is in the first mark', async (t) => {
  const mark = '# >>> cmdaid v1'
  t.strictSame(
    ['', 'a\n', 'a', 'a\\', '\n'].map((text) => added(text).replace(/(?<=v1 )[0-9a-f]{8}/, '…')),
    [
      `${mark} … >>>\n${BODY}# <<< cmdaid <<<\n`,
      `a\n\n${mark} … >>>\n${BODY}# <<< cmdaid <<<\n`,
      `a\n\n${mark} … open-line >>>\n${BODY}# <<< cmdaid <<<\n`,
      `a\\\n\n${mark} … open-line >>>\n${BODY}# <<< cmdaid <<<\n`,
      `\n\n${mark} … >>>\n${BODY}# <<< cmdaid <<<\n`,
    ],
  )
  t.match(added('', BODY, { file: true, directories: 2 }), / made-file dirs=2 >>>\n/)
})

t.test('whatever the bytes are, adding and removing gives them back, and adding twice is adding once', async () => {
  fc.assert(
    fc.property(anyText, fc.constantFrom(BODY, '', 'two\nlines\n', '\xc3\xa9\n'), (text, body) => {
      const once = added(text, body)
      return removed(once) === text && added(once, body) === once && once.startsWith(text)
    }),
    { numRuns: 2_000 },
  )
})

t.test('another body replaces the old one, and removing still gives the bytes back', async () => {
  fc.assert(
    fc.property(anyText, fc.boolean(), (text, made) => {
      const file = text === '' && made
      const twice = added(added(text, 'old\n', { file, directories: file ? 3 : 0 }), 'new\n')
      const result = removeBlocks(twice)
      return (
        twice.includes('new\n') &&
        !twice.includes('old\n') &&
        result.ok &&
        result.value.text === text &&
        result.value.removeFile === file &&
        result.value.madeDirectories === (file ? 3 : 0)
      )
    }),
    { numRuns: 1_000 },
  )
})

t.test('what was written behind the lines stays, and so does the end that the line before got', async (t) => {
  t.equal(removed(`${added('before')}after\n`), 'before\nafter\n')
  t.equal(removed(`${added('before\n')}after`), 'before\nafter')
  t.equal(removed(added('before\n').replace('before\n', 'before\nmore\n')), 'before\nmore\n')
})

t.test('a file that we made is removed only while nothing else is in it', async (t) => {
  const text = added('', BODY, { file: true, directories: 1 })
  t.strictSame(removeBlocks(text), { ok: true, value: { text: '', removeFile: true, madeDirectories: 1 } })
  t.strictSame(removeBlocks(`${text}x\n`), { ok: true, value: { text: 'x\n', removeFile: false, madeDirectories: 1 } })
  t.strictSame(removeBlocks(added('')), { ok: true, value: { text: '', removeFile: false, madeDirectories: 0 } })
})

t.test('an editor that ends every line with CR LF has changed nothing of ours', async (t) => {
  const text = added('a\nb\n').replaceAll('\n', '\r\n')
  const found = findBlocks(text)
  t.equal(found.ok && found.value[0]?.edited, false)
  t.equal(removed(text), 'a\r\nb\r\n')
})

t.test('lines that somebody changed are known as such', async (t) => {
  const text = added('a\n')
  const edited = (changed: string): unknown => {
    const found = findBlocks(changed)
    return found.ok && found.value.map((block) => block.edited)
  }
  t.strictSame(
    [text, text.replace('load', 'LOAD'), text.replace(BODY, `${BODY}mine\n`), text.replace(BODY, '')].map(edited),
    [[false], [true], [true], [true]],
  )
})

t.test('of lines that are there twice one copy stays, and removing takes out both', async (t) => {
  const text = added('a\n') + added('b\n')
  t.equal(removed(text), 'a\nb\n')
  const again = added(text, 'new\n')
  t.equal(again.split('# >>> cmdaid').length, 2)
  t.equal(removed(again), 'a\nb\n')
})

t.test('marks that are no pair are refused, with their line', async (t) => {
  const text = added('a\n')
  const first = /# >>> cmdaid.*\n/.exec(text)?.[0] ?? ''
  const problems = (changed: string): unknown[] =>
    [addBlock(changed, BODY, OLD_FILE), removeBlocks(changed), findBlocks(changed)].map(
      (result) => result.ok || result.error,
    )
  for (const [changed, line, problem] of [
    [text.replace('# <<< cmdaid <<<\n', ''), 3, 'a mark begins lines that no mark ends'],
    [text.replace(first, ''), 4, 'a mark ends lines that no mark begins'],
    [text.replace(first, first + first), 3, 'a mark begins lines that no mark ends'],
    [text.replace('cmdaid v1', 'cmdaid v2'), 3, /^this mark was changed: # >>> cmdaid v2/],
    [text.replace('<<<\n', '<<< and more\n'), 5, 'this mark was changed: # <<< cmdaid <<< and more'],
  ] as const) {
    t.match(
      problems(changed),
      Array.from({ length: 3 }, () => ({ line, problem })),
      changed,
    )
  }
})

t.test(
  'any text with pieces of marks in it is edited or refused, and never loses what is outside of them',
  async () => {
    const pieces = [
      '# >>> cmdaid v1 00000000 >>>\n',
      '# <<< cmdaid <<<\n',
      '# >>> cmdaid',
      'x\n',
      '\n',
      'y',
      '# <<< cmdaid <<<',
      '\r\n',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 10 }), (parts) => {
        const text = parts.join('')
        const result = removeBlocks(text)
        if (!result.ok) return !addBlock(text, BODY, OLD_FILE).ok
        const letters = (of: string): string =>
          of.replace(/^# >>> cmdaid v1[^]*?^# <<< cmdaid <<<\r?$\n?/gm, '').replace(/[^xy]/g, '')
        return letters(result.value.text) === letters(text) && removeBlocks(result.value.text).ok
      }),
      { numRuns: 2_000 },
    )
  },
)
