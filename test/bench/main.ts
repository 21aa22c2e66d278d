/**
 * `npm run bench`: every figure that cmdaid claims, in one run. `-- --json` prints one JSON document; `-- --only NAME` runs
 * one part (floor, daemon, bash, zsh, fish, powershell, engine, audit, process).
 */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { benchAudit } from './audit.ts'
import { benchDaemon } from './daemon.ts'
import { benchEngine } from './engine.ts'
import { type Figure, ratio, renderFigures } from './figures.ts'
import { benchFloor } from './floor.ts'
import { benchProcesses } from './process.ts'
import { benchShell } from './shell-hook.ts'
import { benchTerminal } from './terminal-line.ts'

const PARTS: Readonly<Record<string, () => readonly Figure[] | Promise<readonly Figure[]>>> = {
  floor: benchFloor,
  daemon: benchDaemon,
  bash: () => benchShell('bash'),
  zsh: () => benchShell('zsh'),
  fish: () => benchTerminal('fish'),
  powershell: () => benchTerminal('powershell'),
  engine: benchEngine,
  audit: benchAudit,
  process: benchProcesses,
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string' } } })
const chosen = Object.entries(PARTS).filter(([name]) => values.only === undefined || values.only === name)
if (chosen.length === 0) {
  process.stderr.write(
    `cmdaid: error: no part is called ${values.only}\ncmdaid: hint: one of ${Object.keys(PARTS).join(', ')}\n`,
  )
  process.exit(2)
}
const machine = { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, node: process.version, platform: `${process.platform}-${process.arch}` } // prettier-ignore

execFileSync(process.execPath, ['scripts/build.ts'], { stdio: ['ignore', 'ignore', 'inherit'] })
const figures: Figure[] = []
for (const [name, bench] of chosen) {
  process.stderr.write(`cmdaid: measuring: ${name}\n`)
  figures.push(...(await bench()))
}
if (values.json) {
  const rows = figures.map((figure) => ({ ...figure, ratio: ratio(figure) }))
  process.stdout.write(`${JSON.stringify({ v: 1, machine, figures: rows }, null, 2)}\n`)
} else {
  process.stdout.write(
    `${machine.cores} × ${machine.cpu}, Node ${machine.node}, ${machine.platform}\n\n${renderFigures(figures)}\n`,
  )
}
