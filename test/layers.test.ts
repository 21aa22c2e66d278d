import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'

/** Which folder of `src/` may import which, and why. A folder may always import itself. */
const LAYERS: Readonly<Record<string, { readonly may: readonly string[]; readonly because: string }>> = {
  core: { may: [], because: 'it must run a million times in a test without a disk' },
  wire: { may: ['core'], because: 'formats outlive processes; both ends share one parser' },
  adapters: { may: ['core', 'wire'], because: 'edges are replaceable' },
  plugins: { may: ['core', 'wire'], because: 'they get abilities as arguments, never reach for them' },
  gateway: { may: ['core', 'wire'], because: 'they get abilities as arguments, never reach for them' },
  daemon: { may: ['core', 'wire', 'adapters', 'plugins', 'gateway'], because: 'it is where the parts meet' },
  conformance: { may: ['core', 'wire', 'adapters'], because: 'it looks at shells and daemons from outside' },
  cli: {
    may: ['core', 'wire', 'adapters', 'conformance'],
    because: 'processes meet over wire, never by importing each other',
  },
  collector: { may: ['core', 'wire', 'adapters'], because: 'processes meet over wire, never by importing each other' },
  dashboard: { may: ['core', 'wire'], because: "it runs in someone's browser" },
  'main.ts': { may: ['daemon', 'cli'], because: 'it only chooses the process' },
}

/** What `core` may use of the outside: hashing and pure path arithmetic, and libraries that are functions of their input. */
const CORE_PACKAGES = new Set([
  'node:crypto',
  'node:path/posix',
  'node:buffer',
  'node:zlib',
  'unbash',
  're2js',
  'yaml',
  'ajv',
])

type Import = { readonly from: string; readonly to: string }

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = []
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
  for (const match of code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([\w@./:-]+)\1/g)) {
    found.push({ from: file, to: match[2] ?? '' })
  }
  return found
}

function violations(imports: readonly Import[]): string[] {
  const wrong: string[] = []
  for (const { from, to } of imports) {
    const layer = from.split('/')[1] ?? ''
    const rule = LAYERS[layer]
    if (rule === undefined) {
      wrong.push(`${from}: src/${layer} is not a layer; name it in test/layers.test.ts`)
    } else if (to.startsWith('.')) {
      const target = join(dirname(from), to).split('/')
      if (target[0] !== 'src') wrong.push(`${from} imports ${to}: src/ must not reach outside itself`)
      else if (target[1] !== layer && !rule.may.includes(target[1] ?? '')) {
        wrong.push(`${from} imports ${to}: ${layer} must not import ${target[1]}, because ${rule.because}`)
      }
    } else if (layer === 'core') {
      const name = to.startsWith('node:') ? to : to.split('/')[0]
      if (!CORE_PACKAGES.has(name ?? '')) {
        wrong.push(`${from} imports ${to}: core must not import it, because ${rule.because}`)
      }
    }
  }
  return wrong
}

function sources(): Import[] {
  return readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap((entry) => {
      const file = join(entry.parentPath, entry.name)
      return importsOf(file, readFileSync(file, 'utf8'))
    })
}

t.test('every import in src/ goes in an allowed direction', async (t) => {
  const imports = sources()
  t.ok(imports.length > 20, 'the scan found the imports')
  t.strictSame(violations(imports), [])
})

t.test('planted violations are found, with the reason', async (t) => {
  const planted = [
    ...importsOf('src/core/policy/planted.ts', "import { openAuditStore } from '../../adapters/audit-store/open.ts'"),
    ...importsOf('src/cli/planted.ts', "const { run } = await import('../daemon/run.ts')"),
    ...importsOf('src/core/planted.ts', "import { readFileSync } from 'node:fs'"),
    ...importsOf('src/wire/hook/planted.ts', "export { x } from '../../adapters/clock/clock.ts'"),
    ...importsOf('src/utils/planted.ts', "import { ok } from '../core/result.ts'"),
    ...importsOf(
      'src/core/fine.ts',
      "import { createHash } from 'node:crypto'\nimport type { Effect } from './policy/decision.ts'",
    ),
  ]
  t.strictSame(violations(planted), [
    'src/core/policy/planted.ts imports ../../adapters/audit-store/open.ts: core must not import adapters, because it must run a million times in a test without a disk',
    'src/cli/planted.ts imports ../daemon/run.ts: cli must not import daemon, because processes meet over wire, never by importing each other',
    'src/core/planted.ts imports node:fs: core must not import it, because it must run a million times in a test without a disk',
    'src/wire/hook/planted.ts imports ../../adapters/clock/clock.ts: wire must not import adapters, because formats outlive processes; both ends share one parser',
    'src/utils/planted.ts: src/utils is not a layer; name it in test/layers.test.ts',
  ])
})
