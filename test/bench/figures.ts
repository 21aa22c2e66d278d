/** What a benchmark reports: one distribution or one number, with its unit, and what it is compared with. */

export type Distribution = {
  readonly n: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export type Figure = {
  readonly name: string
  readonly unit: 'µs' | 'ms' | 'MB' | 'per s'
  readonly value: Distribution | number
  /** The same thing without cmdaid, or its floor, measured in the same run. */
  readonly baseline?: { readonly name: string; readonly value: Distribution | number }
  /** What we promise to stay under (or, for rates, above), of `p95` unless the name says otherwise. */
  readonly budget?: string
}

/** Percentiles of `samples`, by the nearest rank. Throws on an empty list: a figure of nothing is a bug of the benchmark. */
export function distribution(samples: readonly number[]): Distribution {
  if (samples.length === 0) throw new Error('no samples')
  const sorted = Float64Array.from(samples).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { n: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

export function ratio(figure: Figure): number | null {
  if (figure.baseline === undefined) return null
  const of = (value: Distribution | number) => (typeof value === 'number' ? value : value.p50)
  return of(figure.value) / of(figure.baseline.value)
}

function number(value: number): string {
  if (value >= 10_000) return Math.round(value).toLocaleString('en')
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function cells(value: Distribution | number): readonly [string, string, string] {
  return typeof value === 'number' ? [number(value), '', ''] : [number(value.p50), number(value.p95), number(value.p99)]
}

/** A table for people. Columns: name, unit, p50 (or the number), p95, p99, ratio to the baseline and its name, budget. */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const times = ratio(figure)
    const compared = times === null ? '' : `${times.toFixed(2)} × ${figure.baseline?.name}`
    return [figure.name, figure.unit, ...cells(figure.value), compared, figure.budget ?? '']
  })
  const table = [['figure', 'unit', 'p50', 'p95', 'p99', 'ratio', 'budget'], ...rows]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  return table
    .map((row) =>
      row
        .map((cell, i) => (i >= 2 && i <= 4 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    ) // prettier-ignore
    .join('\n')
}
