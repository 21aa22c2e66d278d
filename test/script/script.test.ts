import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseScript, runScript } from '../support/script.ts'

// Each command is a process of its own.
t.setTimeout(240_000)

const FOLDER = import.meta.dirname

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))) {
  t.test(`the session in ${name} goes as it says`, async (t) => {
    const script = parseScript(readFileSync(join(FOLDER, name), 'utf8'))
    await runScript(script, (expected, actual) => t.strictSame(actual, expected, `$ ${expected.command}`))
  })
}
