import { resolve } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { CHECK_BATCH_LINE_UNITS_MAX } from '../core/limits.ts'
import type { Actor } from '../core/policy/decision.ts'
import { evaluate } from '../core/policy/evaluate.ts'
import type { CompiledPolicy } from '../core/policy/table.ts'
import { type Result, fail, ok } from '../core/result.ts'
import type { ShellName } from '../core/shell/facts.ts'
import { ACTORS, SHELLS } from './command-table.ts'
import { EXIT } from './command.ts'
import type { CommandContext } from './command.ts'
import { claimed, settingOf } from './judge.ts'
import { jsonLine } from './output.ts'

type Id = string | number | boolean | null
type Request = {
  readonly id: Id
  readonly line: string
  readonly shell: ShellName
  readonly cwd: string | null
  readonly actor: Actor
}

/**
 * JSON lines in, JSON lines out, in the same order. Reads on only once what it answered is taken, so a slow reader holds the
 * sender up and memory stays as it is. Lines that are no requests are answered with an error and counted in the status.
 */
export async function checkBatch(policy: CompiledPolicy, context: CommandContext): Promise<number> {
  const { output, io, home, values, signal } = context
  const defaults = settingOf(context)
  const setting = { ...defaults, cwd: values.has('cwd') ? defaults.cwd : null }
  let refused = 0
  for await (const lines of linesByChunk(io.stdin)) {
    if (output.closed || signal.aborted) break
    let answers = ''
    for (const { number, text } of lines) {
      const request = parseRequest(text, setting)
      if (!request.ok) refused++
      answers += `${request.ok ? answer(policy, request.value, home) : refusal(request.error, number)}\n`
    }
    await output.write(answers)
  }
  return refused === 0 ? EXIT.yes : EXIT.cannotAnswer
}

function answer(policy: CompiledPolicy, { id, line, shell, cwd, actor }: Request, home: string): string {
  const before = process.hrtime.bigint()
  const { effect, risk, rule, reason, hits } = evaluate(policy, {
    line,
    shell,
    cwd,
    home,
    actor,
    interactive: actor.kind === 'human',
  })
  const evalNs = Number(process.hrtime.bigint() - before)
  const rules = hits.length === 0 ? [] : [...new Set(hits.map((hit) => hit.rule))]
  return jsonLine({ id, v: 1, effect, risk, rule, rules, reason, eval_ns: evalNs })
}

type Refusal = { readonly id: Id; readonly message: string }

function refusal({ id, message }: Refusal, line: number): string {
  return jsonLine({
    id,
    v: 1,
    line,
    error: { code: 'CMDAID_ERR_USAGE', message, hint: 'one object a line: {"cmd": "ls -l", "id": 1}' },
  })
}

function parseRequest(
  text: string | null,
  setting: { readonly shell: ShellName; readonly cwd: string | null; readonly actor: Actor },
): Result<Request, Refusal> {
  if (text === null)
    return fail({ id: null, message: `the line is longer than ${CHECK_BATCH_LINE_UNITS_MAX} characters` })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail({ id: null, message: 'the line is not JSON' })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail({ id: null, message: 'the line is not a JSON object' })
  }
  const { cmd, shell, cwd, actor, id } = value as Readonly<Record<string, unknown>>
  if (id !== undefined && id !== null && typeof id === 'object') {
    return fail({ id: null, message: '`id` is not text, a number, a boolean or null' })
  }
  const sameId = (id ?? null) as Id
  const wrong = (message: string): Result<never, Refusal> => fail({ id: sameId, message })
  if (typeof cmd !== 'string') return wrong('`cmd` is not text')
  const knownShell = shell === undefined ? setting.shell : SHELLS.find((known) => known === shell)
  if (knownShell === undefined) return wrong(`\`shell\` is not one of ${SHELLS.join(', ')}`)
  if (cwd !== undefined && cwd !== null && typeof cwd !== 'string') return wrong('`cwd` is not text')
  const kind = actor === undefined ? setting.actor.kind : ACTORS.find((known) => known === actor)
  if (kind === undefined) return wrong(`\`actor\` is not one of ${ACTORS.join(', ')}`)
  return ok({
    id: sameId,
    line: cmd,
    shell: knownShell,
    cwd: typeof cwd === 'string' ? resolve(cwd) : cwd === null ? null : setting.cwd,
    actor: claimed(kind),
  })
}

type Line = { readonly number: number; readonly text: string | null }

/**
 * Splits a stream at line feeds: the lines that each chunk completes. Blank lines are counted and skipped; of a line over the
 * limit nothing is kept, and its `text` is null.
 */
async function* linesByChunk(stream: NodeJS.ReadableStream): AsyncGenerator<readonly Line[], void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let tooLong = false
  let number = 0
  for await (const chunk of stream) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk)
    const lines: Line[] = []
    let from = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      const line = rest + text.slice(from, end)
      rest = ''
      from = end + 1
      number++
      if (tooLong || line.length > CHECK_BATCH_LINE_UNITS_MAX) lines.push({ number, text: null })
      else if (line.trim() !== '') lines.push({ number, text: line })
      tooLong = false
    }
    rest += text.slice(from)
    if (rest.length > CHECK_BATCH_LINE_UNITS_MAX) {
      tooLong = true
      rest = ''
    }
    yield lines
  }
  rest += decoder.end()
  if (tooLong) yield [{ number: number + 1, text: null }]
  else if (rest.trim() !== '') yield [{ number: number + 1, text: rest }]
}
