import { analyse } from '../shell/analyse.ts'
import { type CommandFacts, DYNAMIC, type Word } from '../shell/facts.ts'
import type { DocumentPath } from './diagnostic.ts'
import type { RuleContent, When } from './document.ts'
import type { ReportAt } from './word-test.ts'

/**
 * Turns a line of `safety.blocked_patterns` into a rule. A pattern is written as the command would be typed and is parsed
 * as one, so that `rm -rf /*` also blocks `sudo rm --force -r /etc`, and a commit message about it is left alone:
 * - a word `*` stands for any words, also none; elsewhere globs are as in paths, so that `/*` is one level;
 * - every option of the pattern must be there, in any spelling and order; others may be there too;
 * - plain words that come first (`git push`) must come first; further words may be anywhere;
 * - `a | b` needs `b` fed by `a`, by whatever means; wrappers (`sudo`) must be there.
 *
 * @returns null, and a report, when the pattern is not a command
 */
export function blockedPatternRule(
  pattern: string,
  index: number,
  at: DocumentPath,
  report: ReportAt,
): RuleContent | null {
  const when = conditionOf(pattern)
  if (typeof when === 'string') {
    report(at, {
      code: 'CMDAID_ERR_POLICY_PATTERN',
      message: `\`${pattern.slice(0, 80)}\` cannot be judged as a command: ${when}`,
      hint: 'write it as you would type it, or write a rule',
    })
    return null
  }
  return {
    id: `safety.blocked_patterns.${index}`,
    effect: 'deny',
    risk: 'high',
    when,
    reason: `The policy blocks commands like \`${pattern}\`.`,
    match: [],
    not_match: [],
  }
}

function conditionOf(pattern: string): When | string {
  const analysis = analyse({ line: pattern, shell: 'bash', cwd: null, home: null })
  // A shell that runs what it is fed, or any program (`*`), is what such patterns are about; the rest was not understood.
  const unclear = analysis.dynamic.filter((reason) => reason !== 'dynamic-eval' && reason !== 'dynamic-name')
  if (unclear.length > 0) return unclear.join(', ')
  const words = analysis.commands.flatMap(({ path, args }) => (path === null ? args : [path, ...args]))
  if (words.some((word) => word.text.includes(DYNAMIC))) return 'a part of it is only known when it runs'
  const wrappers = new Set(analysis.commands.flatMap(({ via }) => via.map((name) => name.split(' ', 1)[0])))
  const leaves = analysis.commands.filter(
    ({ program, via }) => program === null || via.length > 0 || !wrappers.has(program),
  )
  const last = leaves.at(-1)
  if (last === undefined) {
    const assignments = [...analysis.assignments].map(([name, word]) => [name, { glob: word.text }] as const)
    return assignments.length > 0 ? { assignment: Object.fromEntries(assignments) } : 'there is no command in it'
  }
  const condition = commandCondition(last)
  if (Object.keys(condition).length === 0) return 'it would match every command'
  return leaves.length === 1
    ? condition
    : {
        ...condition,
        with: leaves
          .slice(0, -1)
          .map(commandCondition)
          .filter((each) => Object.keys(each).length > 0),
      }
}

function commandCondition(command: CommandFacts): When {
  const { program, path, operands, flags, via, from, redirects, env } = command
  const leading = leadingWords(operands)
  const tests: When[] = [
    ...[...requiredFlags(flags)].map((name): When => ({ flags: { any: SAME_FLAG[name] ?? [name] } })),
    ...operands.slice(leading.length).flatMap((word) => (isAnything(word) ? [] : [{ operand: wordPattern(word) }])),
    ...redirects.flatMap(({ operator, target }): When[] =>
      operator.startsWith('<<')
        ? []
        : operator === '<'
          ? [{ redirect: { read: wordPattern(target) } }]
          : [{ redirect: { write: wordPattern(target) } }],
    ),
  ]
  return {
    ...(program === null || path?.text === '*' ? {} : { program: path?.glob === true ? path.text : program }),
    ...(leading.length > 0 ? { subcommand: leading.join(' ') } : {}),
    ...(via.length > 0 ? { via: { all: via } } : {}),
    ...(from.length > 0 ? { from: from[0] === '*' ? { name: '*' } : from[0]! } : {}),
    ...(env.size > 0 ? { env: Object.fromEntries([...env].map(([name, word]) => [name, { glob: word.text }])) } : {}),
    ...(tests.length > 0 ? { all: tests } : {}),
  }
}

const SAME_FLAG: Readonly<Record<string, readonly string[]>> = {
  r: ['r', 'R', 'recursive'],
  R: ['r', 'R', 'recursive'],
  recursive: ['r', 'R', 'recursive'],
  f: ['f', 'force'],
  force: ['f', 'force'],
}

/** Options as the pattern gives them. Of `-rf`, read both as `r`, `f` and as one long name, only the letters are asked for. */
function requiredFlags(flags: CommandFacts['flags']): ReadonlySet<string> {
  return new Set(
    [...flags.keys()].filter((name) => name.length === 1 || !name.split('').every((letter) => flags.has(letter))),
  )
}

/** `push` in `git push * main`; a path or a glob is no such word. */
function leadingWords(operands: readonly Word[]): readonly string[] {
  const end = operands.findIndex((word) => word.glob || !/^[a-z][a-z0-9-]*$/.test(word.text))
  return operands.slice(0, end === -1 ? operands.length : end).map(({ text }) => text)
}

function isAnything(word: Word): boolean {
  return word.text === '*' || word.text === '**'
}

function wordPattern(word: Word): NonNullable<When['operand']> {
  if (!word.glob) return word.text.includes('/') || word.text === '~' ? { path: literalGlob(word.text) } : word.text
  if (!word.text.includes('/')) return { glob: word.text }
  // Who blocks all that is in a directory means the directory too.
  return { path: word.text.endsWith('/*') ? [word.text, word.text.slice(0, -1)] : word.text }
}

function literalGlob(text: string): string {
  return text.replace(/[*?[{\\]/g, '\\$&')
}
