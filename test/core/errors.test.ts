import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CmdaidError, ERROR_CODES } from '../../src/core/errors.ts'

function documentedCodes(): string[] {
  return [...readFileSync('docs/errors.md', 'utf8').matchAll(/^### `?(CMDAID_\w+)`?$/gm)].map((match) => match[1] ?? '')
}

t.test('the registry and docs/errors.md name the same codes, once each', async (t) => {
  t.strictSame([...documentedCodes()].sort(), [...ERROR_CODES].sort())
  t.equal(new Set(ERROR_CODES).size, ERROR_CODES.length)
})

t.test('every documented code has a cause and a remedy', async (t) => {
  const sections = readFileSync('docs/errors.md', 'utf8').split(/^### /m).slice(1)
  for (const section of sections) {
    const [title] = section.split('\n')
    t.match(section, /Cause: \S/, `${title} has a cause`)
    t.match(section, /Remedy: \S/, `${title} has a remedy`)
  }
})

t.test('every registered code is used, and no source uses a code that is not registered', async (t) => {
  const used = new Set<string>()
  for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.isFile() || !entry.name.endsWith('.ts') || file === 'src/core/errors.ts') continue
    for (const match of readFileSync(file, 'utf8').matchAll(/['"`](CMDAID_(?:ERR|WARN|NOTE)_\w+)['"`]/g))
      used.add(match[1] ?? '')
  }
  t.strictSame([...used].sort(), [...ERROR_CODES].sort())
})

t.test('a CmdaidError keeps its cause apart from its message', async (t) => {
  const cause = new Error('EADDRINUSE')
  const error = new CmdaidError('CMDAID_ERR_INTERNAL', 'cannot listen on /run/x', { cause, hint: 'stop the other one' })
  t.strictSame(
    { name: error.name, code: error.code, message: error.message, cause: error.cause, hint: error.hint },
    {
      name: 'CmdaidError',
      code: 'CMDAID_ERR_INTERNAL',
      message: 'cannot listen on /run/x',
      cause,
      hint: 'stop the other one',
    },
  )
  t.notOk('cause' in new CmdaidError('CMDAID_ERR_INTERNAL', 'x'), 'no cause where none was given')
})
