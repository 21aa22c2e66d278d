import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { KINDS } from '../../../src/core/audit/kinds.ts'

type Schema = { readonly properties: Readonly<Record<string, { readonly enum?: readonly string[] }>> }

const schema = JSON.parse(readFileSync('docs/format/event-v1.schema.json', 'utf8')) as Schema
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema)

const entries = ['v1', 'v1-proof-of-life']
  .flatMap((name) => readFileSync(`test/golden/audit/${name}/entries.jsonl`, 'utf8').trimEnd().split('\n'))
  .map((line) => JSON.parse(line) as Record<string, unknown>)

t.test('every frozen entry is as the schema says', async (t) => {
  for (const entry of entries) {
    t.strictSame([validate(entry), validate.errors], [true, null], `${String(entry['record'])} ${String(entry['seq'])}`)
  }
})

t.test('the schema knows every kind of record, and the frozen logs show nearly all of them', async (t) => {
  t.strictSame(new Set(schema.properties['record']?.enum), new Set(KINDS.map(({ name }) => name)))
  const shown = new Set(entries.map(({ record }) => record))
  // A loss and a recovery need a disk that fails; their entries are made in other tests.
  t.strictSame(
    new Set(KINDS.map(({ name }) => name).filter((name) => !shown.has(name))),
    new Set(['LOSS', 'RECOVERED']),
  )
})

t.test('an entry that lacks a field, or has one of another kind, is not of the schema', async (t) => {
  const [first = {}] = entries
  for (const name of Object.keys(schema.properties)) {
    const { [name]: _, ...rest } = first
    t.equal(validate(rest), false, `without ${name}`)
    t.equal(validate({ ...first, [name]: { other: 1 } }) && name !== 'details', false, `another ${name}`)
  }
})
