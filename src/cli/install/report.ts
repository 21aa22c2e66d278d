/** What was done, or would be, as text and as JSON. */

import { unifiedDiff } from '../../core/install/diff.ts'
import { visible, visibleLines, type Output } from '../output.ts'
import { isChange } from './perform.ts'
import type { PlannedFile } from './plan.ts'
import type { Scope } from './scope.ts'

export type Report = {
  readonly action: 'install' | 'uninstall'
  readonly scope: Scope
  readonly dryRun: boolean
  readonly files: readonly PlannedFile[]
  readonly copies: ReadonlyMap<string, string>
  readonly service: ServiceReport | null
  /** What could not be covered, and why. */
  readonly notes: readonly string[]
  /** What the person has to do. */
  readonly left: readonly string[]
}

export type ServiceReport = {
  readonly file: string
  readonly state: 'started' | 'stopped' | 'failed' | 'planned'
  readonly detail: string
}

export async function printReport(output: Output, report: Report): Promise<void> {
  if (output.json) await output.data(asData(report))
  else if (report.dryRun) await output.write(asDiff(report, output))
  else await output.write(asText(report, output))
}

type Action = 'created' | 'changed' | 'removed' | 'unchanged'

function actionOf(file: PlannedFile): Action {
  if (!isChange(file)) return 'unchanged'
  if (file.dotfile.bytes === null) return 'created'
  return file.after === null ? 'removed' : 'changed'
}

function asData({ action, scope, dryRun, files, copies, service, notes, left }: Report): unknown {
  return {
    v: 1,
    action,
    scope: scope.kind,
    dry_run: dryRun,
    changed: files.some(isChange),
    files: files.map((file) => ({
      path: file.dotfile.path,
      target: file.dotfile.real,
      for: file.owner,
      action: actionOf(file),
      copy: copies.get(file.dotfile.path) ?? null,
    })),
    service,
    notes,
    left,
  }
}

function asText({ scope, files, copies, service, notes, left }: Report, output: Output): string {
  const row = (word: string, what: string, text: string): string =>
    `${output.paint(COLOURS[word] ?? 'bold', word.padEnd(9))}  ${what.padEnd(10)}  ${visible(text)}`
  const lines = files.map((file) => row(actionOf(file), file.owner, namedWith(file)))
  if (service !== null) lines.push(row(service.state, 'service', service.detail))
  for (const { forced, dotfile } of files) {
    if (forced) lines.push(row('kept', 'copy', `${copies.get(dotfile.path)}, with the changes that were dropped`))
  }
  if (files.some(({ forced, dotfile }) => !forced && copies.has(dotfile.path))) {
    lines.push(row('kept', 'copies', `of the files as they were, in ${scope.folder}`))
  }
  if (lines.length === 0) lines.push('Nothing is installed here.')
  lines.push(...notes.map((text) => row('note', '', text)), ...left.map((text) => row('to do', '', text)))
  return `${lines.join('\n')}\n`
}

function namedWith({ dotfile: { path, real } }: PlannedFile): string {
  return path === real ? path : `${path} (a link to ${real})`
}

function asDiff({ files, notes }: Report, output: Output): string {
  const diffs = files
    .filter(isChange)
    .map(({ dotfile: { real, bytes }, after }) =>
      unifiedDiff(
        { name: bytes === null ? '/dev/null' : real, text: bytes?.toString('utf8') ?? '' },
        { name: after === null ? '/dev/null' : real, text: after?.toString('utf8') ?? '' },
      ),
    )
  const lines = diffs.flatMap((diff) => diff.split('\n').slice(0, -1))
  if (lines.length === 0) return 'Nothing would change.\n'
  const painted = lines.map((line) => paintRow(visibleLines(line), output))
  return `${[...painted, ...notes.map((text) => `# ${visible(text)}`)].join('\n')}\n`
}

function paintRow(line: string, output: Output): string {
  if (line.startsWith('---') || line.startsWith('+++')) return output.paint('bold', line)
  if (line.startsWith('-')) return output.paint('red', line)
  if (line.startsWith('+')) return output.paint('green', line)
  return line.startsWith('@@') ? output.paint('dim', line) : line
}

const COLOURS: Readonly<Record<string, 'red' | 'yellow' | 'green' | 'bold' | 'dim'>> = {
  created: 'green',
  changed: 'green',
  removed: 'green',
  started: 'green',
  stopped: 'green',
  failed: 'red',
  unchanged: 'dim',
  kept: 'dim',
  note: 'yellow',
  'to do': 'bold',
}
