import t from 'tap'
import { inSlices } from '../../../src/adapters/policy-file/in-slices.ts'
import { packDocument, unpackDocument } from '../../../src/adapters/policy-file/packed-document.ts'
import { parsed, ruleDocument } from '../../core/policy/policies.ts'

t.test('a document is the same after it was packed and unpacked, rule by rule', async (t) => {
  const { content } = parsed(ruleDocument('{program: a, argument: {re: "ü\\n🎉"}}', 'a "x\ny"'))
  t.same(await inSlices(unpackDocument(packDocument('p.yaml', content))), content)
  const bare = { version: 1, mode: 'monitor' as const }
  t.same(await inSlices(unpackDocument(packDocument('p.yaml', bare))), bare)
})

t.test('unpacking pauses after every line', async (t) => {
  const { content } = parsed(ruleDocument('{program: a}', 'a'))
  const many = { ...content, rules: Array.from({ length: 100 }, () => content.rules![0]!) }
  t.equal([...unpackDocument(packDocument('p.yaml', many))].length, 101)
})
