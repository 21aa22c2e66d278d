import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTemporaryHome, PROJECT_DIR } from '../support/home.ts'
import { distribution, type Distribution, type Figure } from './figures.ts'

async function runsOf(
  rounds: number,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<Distribution> {
  const samples: number[] = []
  for (let round = 0; round < rounds + 2; round++) {
    const [program, ...args] = command
    const start = performance.now()
    const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'ignore', 'inherit'] })
    await once(child, 'close')
    if (round >= 2) samples.push(performance.now() - start)
  }
  return distribution(samples)
}

/** Resident memory of a process in MB (10^6 bytes), as Linux counts it. */
export function residentMb(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return (Number(match?.[1]) * 1024) / 1e6
}

/** Start-up of the built program and of the built daemon (ms), against Node doing nothing. Needs `npm run build`. */
export async function benchProcesses(): Promise<Figure[]> {
  using home = makeTemporaryHome()
  const program = join(PROJECT_DIR, 'dist/main.js')
  const bare = { name: 'node -e 0', value: await runsOf(20, [process.execPath, '-e', '0'], home.env) }
  const version = await runsOf(20, [process.execPath, program, '--version'], home.env)
  const check = await runsOf(10, [process.execPath, program, 'check', '--', 'git status'], home.env)

  const starts: number[] = []
  for (let round = 0; round < 8; round++) {
    const start = performance.now()
    const daemon = spawn(process.execPath, [program, 'daemon'], {
      env: { ...home.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(daemon.stdout, 'data')
    if (round > 0) starts.push(performance.now() - start)
    daemon.kill('SIGTERM')
    await once(daemon, 'close')
  }
  return [
    { name: 'cmdaid --version', unit: 'ms', value: version, baseline: bare, budget: '< 100 ms' },
    { name: 'cmdaid check -- LINE', unit: 'ms', value: check, baseline: bare },
    { name: 'daemon, start to ready', unit: 'ms', value: distribution(starts), baseline: bare, budget: '< 250 ms' },
  ]
}
