import { resolve } from 'node:path'
import { verifyLog, type VerifyReport } from '../../adapters/audit-store/verify-log.ts'
import { satisfies, type Finding, type Verdict, VERDICTS } from '../../core/audit/verdict.ts'
import { CmdaidError } from '../../core/errors.ts'
import type { CommandContext } from '../command.ts'
import { type Colour, type Output, visible } from '../output.ts'
import { shellQuote } from '../../core/shell-quote.ts'
import { readLogPolicy } from '../log-policy.ts'

/** Statuses that are no verdict (sysexits). */
const NO_INPUT = 66
const IO_ERROR = 74

export async function run(context: CommandContext): Promise<number> {
  const { output, operands, values, paths } = context
  try {
    const dir = resolve(operands[0] ?? paths.auditDir)
    const policy = values.get('policy')
    const report = await verifyLog({
      dir,
      ...optional('head', values.get('head')),
      ...optional('since', values.get('since')),
      ...optional('verifierKey', policy === undefined ? undefined : await readLogPolicy(policy)),
    })
    const required = values.get('require')
    const good = (required === 'witnessed' || required === 'consistent') && satisfies(report.verdict, required)
    const exitCode = good ? 0 : report.exitCode
    if (output.json) await output.data({ ...report, exitCode, ...optional('required', required) })
    else await output.write(asText(report, output))
    return exitCode
  } catch (error) {
    if (!(error instanceof CmdaidError) || error.code === 'CMDAID_ERR_USAGE') throw error
    await output.error(error)
    if (error.code === 'CMDAID_ERR_AUDIT_MISSING') return NO_INPUT
    return error.code === 'CMDAID_ERR_AUDIT_UNSUPPORTED' ? VERDICTS.UNSUPPORTED : IO_ERROR
  }
}

function optional<Name extends string>(name: Name, value: string | undefined): { readonly [Key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]?: string })
}

function asText(report: VerifyReport, output: Output): string {
  const { verdict, explanation, dir, origin, verifierKey, records, root, segments, checkpoints, signedRecords } = report
  const lines = [
    `${output.paint(COLOURS[verdict], verdict)}  ${visible(explanation)}`,
    '',
    `log         ${visible(dir)}`,
    `origin      ${origin === null ? 'unknown' : visible(origin)}`,
    `key         ${verifierKey === null ? 'unknown' : visible(verifierKey)}`,
    `records     ${records} in ${segments} segments; the first ${signedRecords} are signed for by ${checkpoints} checkpoints`,
    `root        ${root}`,
  ]
  if (report.vouchedRecords !== null) lines.push(`vouched     the first ${report.vouchedRecords} records, by --head`)
  for (const finding of report.findings) lines.push('', ...findingLines(finding, output))
  if (report.findingsLeftOut > 0) lines.push('', `and ${report.findingsLeftOut} findings more`)
  const next = nextSteps(verdict, dir)
  if (next.length > 0) lines.push('', ...next.map((text, index) => `${index === 0 ? 'next' : '    '}        ${text}`))
  return `${lines.join('\n')}\n`
}

function findingLines(
  { code, severity, seqs, file, offset, expected, explanation }: Finding,
  output: Output,
): string[] {
  const colour: Colour = severity === 'note' ? 'dim' : severity === 'tampered' ? 'red' : 'yellow'
  const place = [
    seqs === null ? '' : seqs[0] === seqs[1] ? `record ${seqs[0]}` : `records ${seqs[0]} to ${seqs[1]}`,
    file === null ? '' : `${visible(file)}${offset === null ? '' : ` at byte ${offset}`}`,
  ].filter((text) => text !== '')
  return [
    `${output.paint(colour, `${severity} ${code}`)}  ${place.join(', ')}`,
    `  expected  ${visible(expected)}`,
    `  ${visible(explanation)}`,
  ]
}

const COLOURS: Readonly<Record<Verdict, Colour>> = {
  WITNESSED: 'green',
  TAMPERED: 'red',
  UNANCHORED: 'yellow',
  INCOMPLETE: 'yellow',
  DAMAGED: 'yellow',
  UNSUPPORTED: 'yellow',
}

/** What a person can do about it; the report's explanation says what it means. */
function nextSteps(verdict: Verdict, dir: string): readonly string[] {
  switch (verdict) {
    case 'WITNESSED':
      return []
    case 'TAMPERED':
      return ['Keep the directory as it is, and compare it with a copy or with heads that others keep.']
    case 'UNANCHORED':
      return [
        'Keep signed heads where the owner of this machine cannot change them, and give one as --head. This makes one:',
        `  cat ${shellQuote(visible(dir))}/heads/*.notes | tail -n 6 | head -n 5 >head.note`,
        'Where consistency is enough: --require consistent.',
      ]
    case 'INCOMPLETE':
      return ['The findings say what is missing. Commands that ran while no daemon did are the usual cause.']
    case 'DAMAGED':
      return ['Start the daemon: it cuts off what is not whole, keeps it in cut/, and records that it did.']
    case 'UNSUPPORTED':
      return ['Verify it with the version of cmdaid that wrote it.']
  }
}
