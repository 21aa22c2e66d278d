import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { distribution, type Figure } from './figures.ts'

/** Round trips between two C processes over a pair of FIFOs, back to back and 20 ms apart (µs). */
export function benchFloor(): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'cmdaid-floor-'))
  try {
    const program = join(folder, 'floor')
    execFileSync('cc', ['-O2', '-D_GNU_SOURCE', '-o', program, new URL('floor.c', import.meta.url).pathname])
    const roundTrips = (rounds: number, gapUs: number) =>
      distribution(
        execFileSync(program, [folder, String(rounds), String(gapUs)], { encoding: 'utf8' })
          .trim()
          .split('\n')
          .map((line) => Number(line) / 1000),
      )
    return [
      { name: 'floor: C to C and back, FIFOs, back to back', unit: 'µs', value: roundTrips(5_000, 0) },
      { name: 'floor: C to C and back, FIFOs, 20 ms apart', unit: 'µs', value: roundTrips(300, 20_000) },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
