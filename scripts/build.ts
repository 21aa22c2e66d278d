/** `npm run build`: the compiler alone makes the code; what is not code is copied beside it. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, readdirSync, rmSync } from 'node:fs'
import { extname, join } from 'node:path'

const ASSETS = new Set(['.json', '.yaml'])

rmSync('dist', { recursive: true, force: true })
const compiled = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (compiled.status !== 0) process.exit(compiled.status ?? 1)
for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !ASSETS.has(extname(entry.name))) continue
  const from = join(entry.parentPath, entry.name)
  cpSync(from, join('dist', from.slice('src/'.length)))
}
chmodSync('dist/main.js', 0o755)
