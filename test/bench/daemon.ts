import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MEMORY_RETURN_LOOKS, SESSION_POLL_MS } from '../../src/core/limits.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../support/home.ts'
import { distribution, type Distribution, type Figure } from './figures.ts'
import { benchFloor } from './floor.ts'
import { everydayLines, manyRules } from './many-rules.ts'
import { residentMb } from './process.ts'

const RULES = 1_000
const ASKED_LATER = 500
const ASKED_BEFORE = 3_000
const PACES = [
  { name: 'back to back', gapUs: 0, asks: 4_000 },
  { name: '20 ms apart', gapUs: 20_000, asks: 1_000 },
]

/** From a client in C to the built daemon and back: what is left of a command's added time without any shell (µs); and its memory. */
export async function benchDaemon(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cmdaid-ask-'))
  using home = makeTemporaryHome({ policy: manyRules(RULES) })
  const daemon = spawn(process.execPath, [join(PROJECT_DIR, 'dist/main.js'), 'daemon'], {
    env: { ...home.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const client = join(folder, 'ask')
    execFileSync('cc', ['-O2', '-D_GNU_SOURCE', '-o', client, new URL('ask.c', import.meta.url).pathname])
    await once(daemon.stdout, 'data')
    const lines = everydayLines(ASKED_BEFORE + PACES.reduce((sum, { asks }) => sum + asks, ASKED_LATER))
    const ask = (count: number, gapUs: number): Distribution =>
      distribution(
        execFileSync(client, [home.runtimeDir, String(gapUs)], {
          encoding: 'utf8',
          input: lines.splice(0, count).join('\n'),
        })
          .trim()
          .split('\n')
          .map((nanoseconds) => Number(nanoseconds) / 1000),
      )
    ask(ASKED_BEFORE, 0)
    const floors = benchFloor()
    const figures: Figure[] = PACES.map(({ name, gapUs, asks }, index) => ({
      name: `ask the daemon, ${name}, ${RULES.toLocaleString('en')} rules`,
      unit: 'µs',
      value: ask(asks, gapUs),
      baseline: { name: 'C to C', value: floors[index]?.value ?? Number.NaN },
    }))
    const busy = residentMb(daemon.pid ?? 0)
    await sleep((MEMORY_RETURN_LOOKS + 2) * SESSION_POLL_MS)
    const rested = residentMb(daemon.pid ?? 0)
    const later = ask(ASKED_LATER, 20_000)
    const asked = `${(ASKED_BEFORE + 5_000).toLocaleString('en')} commands`
    return [
      ...figures,
      {
        name: `ask the daemon a minute later, 20 ms apart, ${RULES.toLocaleString('en')} rules`,
        unit: 'µs',
        value: later,
        baseline: { name: 'C to C', value: floors[1]?.value ?? Number.NaN },
      },
      { name: `daemon, resident right after ${asked}`, unit: 'MB', value: busy },
      { name: `daemon, resident a minute after ${asked}`, unit: 'MB', value: rested, budget: '< 90 MB' },
    ]
  } finally {
    daemon.kill('SIGTERM')
    await once(daemon, 'close')
    rmSync(folder, { recursive: true, force: true })
  }
}
