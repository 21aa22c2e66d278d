import { readFile, writeFile } from 'node:fs/promises'
import { SHIPPED_PACKS, digestOf } from '../src/adapters/policy-file/shipped-packs.ts'
import { parsePolicyText } from '../src/core/policy/parse.ts'
import { formatDiagnostic } from '../src/core/policy/diagnostic.ts'

/** Writes `prepared.json` from the packs beside it. Run it after every change to a pack; a test says when it was forgotten. */
const folder = new URL('../src/core/policy/packs/', import.meta.url)
const prepared: Record<string, unknown> = {}
for (const name of SHIPPED_PACKS) {
  const text = await readFile(new URL(`${name}.yaml`, folder), 'utf8')
  const parsed = parsePolicyText(text, `${name}.yaml`)
  if (!parsed.ok) {
    for (const diagnostic of parsed.error) console.error(formatDiagnostic(diagnostic))
    process.exit(1)
  }
  prepared[name] = { digest: digestOf(text), content: parsed.value.content }
}
await writeFile(new URL('prepared.json', folder), `${JSON.stringify(prepared)}\n`)
