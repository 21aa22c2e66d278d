import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_DIR } from './home.ts'

/** What people have in their shells beside the hook: where it is, or why it is missing. */
export type Neighbour = { readonly name: string; readonly version: string } & (
  { readonly path: string; readonly skip: false } | { readonly path: null; readonly skip: string }
)

const FETCHED_BY = 'run scripts/test-shells to fetch it'

/** A row of `neighbours.tsv`, which `scripts/test-shells` describes; or what the environment names, where it does. */
export function neighbour(name: string, variable?: string): Neighbour {
  const given = variable === undefined ? undefined : process.env[variable]
  if (given !== undefined) return { name, version: given, path: given, skip: false }
  const [, version = '', path = '', reason = ''] = rows().find((row) => row[0] === name) ?? []
  return path === ''
    ? { name, version: '', path: null, skip: reason === '' ? FETCHED_BY : reason }
    : { name, version, path, skip: false }
}

function rows(): readonly (readonly string[])[] {
  const folder =
    process.env['CMDAID_TEST_SHELLS_DIR'] ?? join(PROJECT_DIR, 'node_modules', '.cache', 'cmdaid', 'shells')
  try {
    return readFileSync(join(folder, 'neighbours.tsv'), 'utf8')
      .split('\n')
      .map((row) => row.split('\t'))
  } catch {
    return []
  }
}
