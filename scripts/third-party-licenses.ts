/**
 * Writes THIRD-PARTY-LICENSES.md: the licence text of every package that is installed with cmdaid, from the lock file and
 * what npm installed. `--check` writes nothing and exits 1 when the file is not what it would write.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const OUTPUT = 'THIRD-PARTY-LICENSES.md'

type LockedPackage = {
  readonly version?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
}

function licenceText(folder: string): string {
  if (!existsSync(folder)) return ''
  const name = readdirSync(folder).find((file) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(file))
  return name === undefined ? '' : readFileSync(join(folder, name), 'utf8').trim()
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockedPackage> }
const parts = [
  '# Licences of what is shipped with cmdaid',
  '',
  'Written by `node scripts/third-party-licenses.ts`. Packages used only to build and test are not listed.',
]
for (const [folder, { version, license, dev, devOptional, optional }] of Object.entries(lock.packages)) {
  if (folder === '' || dev === true || devOptional === true) continue
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  // Optional packages differ by platform: their texts lie in their own folders, wherever they are installed.
  const text = optional === true ? '' : licenceText(folder)
  parts.push('', `## ${name} ${version}`, '', `Licence: ${license ?? 'see below'}`)
  if (text !== '') parts.push('', '```text', text.replaceAll('```', "'''"), '```')
}
const written = `${parts.join('\n')}\n`
if (process.argv.includes('--check')) {
  process.exitCode = existsSync(OUTPUT) && readFileSync(OUTPUT, 'utf8') === written ? 0 : 1
  if (process.exitCode === 1)
    process.stdout.write(`${OUTPUT} is out of date: run node scripts/third-party-licenses.ts\n`)
} else {
  writeFileSync(OUTPUT, written)
}
