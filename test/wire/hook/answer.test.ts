import t from 'tap'
import { EFFECTS } from '../../../src/core/policy/decision.ts'
import { answerFor, decodeAnswer, encodeAnswer } from '../../../src/wire/hook/answer.ts'

t.test('the letters of each answer are those of the specification', async (t) => {
  const letters = (answer: Parameters<typeof encodeAnswer>[0]): string =>
    String.fromCharCode(...Array.from({ length: 10 }, (_, digit) => encodeAnswer(answer, digit)))
  t.strictSame(
    [letters('run'), letters('warn'), letters('refuse'), letters('confirm')],
    ['abcdefghij', 'klmnopqrst', 'ABCDEFGHIJ', 'KLMNOPQRST'],
  )
})

t.test('every byte reads back as the answer and digit it was made of, and no other byte is an answer', async (t) => {
  let answers = 0
  for (let byte = 0; byte < 256; byte += 1) {
    const decoded = decodeAnswer(byte)
    if (decoded === null) continue
    answers += 1
    t.equal(encodeAnswer(decoded.answer, decoded.digit), byte)
  }
  t.equal(answers, 40)
})

t.test('every effect has its answer; only allow and warn run', async (t) => {
  t.strictSame(EFFECTS.map(answerFor), ['run', 'warn', 'confirm', 'refuse', 'refuse'])
})
