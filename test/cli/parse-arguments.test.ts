import * as fc from 'fast-check'
import t from 'tap'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { findCommand, parseArguments } from '../../src/cli/parse-arguments.ts'
import { CmdaidError } from '../../src/core/errors.ts'

function parse(...argv: string[]): unknown {
  try {
    const { flags, values, operands } = parseArguments(findCommand(argv))
    return { flags: [...flags], values: Object.fromEntries(values), operands }
  } catch (error) {
    if (!(error instanceof CmdaidError)) throw error
    return `${error.code}: ${error.message}; ${error.hint}`
  }
}

t.test('options, values and the line behind the separator are told apart', async (t) => {
  t.strictSame(
    [
      parse('check', '--json', '--shell', 'zsh', '--cwd=/x', '--', '--json -rf'),
      parse('log', '-fn', '5', '--text', '--odd'),
      parse('log', '-n5'),
      parse('policy', 'test', 'a.yaml', '--json'),
      parse('status', '-h'),
      parse('policy', '--help'),
    ],
    [
      { flags: ['json'], values: { shell: 'zsh', cwd: '/x' }, operands: ['--json -rf'] },
      { flags: ['follow'], values: { limit: '5', text: '--odd' }, operands: [] },
      { flags: [], values: { limit: '5' }, operands: [] },
      { flags: ['json'], values: {}, operands: ['a.yaml'] },
      { flags: ['help'], values: {}, operands: [] },
      { flags: ['help'], values: {}, operands: [] },
    ],
  )
})

t.test('what is not known or does not fit is refused, with a hint', async (t) => {
  t.strictSame(
    [
      parse('check', '--polcy', 'x', '--', 'ls'),
      parse('check', '--shell'),
      parse('check', '--actor', 'humna', '--', 'ls'),
      parse('status', 'now'),
      parse('completion', 'tcsh'),
      parse('help', 'a', 'b', 'c'),
    ],
    [
      'CMDAID_ERR_USAGE: unknown option `--polcy`; did you mean `--policy`?',
      'CMDAID_ERR_USAGE: --shell needs a value; see `cmdaid check --help`',
      'CMDAID_ERR_USAGE: --actor cannot be `humna`; did you mean `human`?',
      'CMDAID_ERR_USAGE: status does not take `now`; see `cmdaid status --help`',
      'CMDAID_ERR_USAGE: completion does not know `tcsh`; one of bash, zsh, fish',
      'CMDAID_ERR_USAGE: help does not take `c`; see `cmdaid help --help`',
    ],
  )
})

t.test('any arguments are parsed or refused as used wrongly', async (t) => {
  const word = fc.oneof(
    fc.constantFrom(
      ...COMMANDS.map(({ name }) => name),
      '--',
      '-',
      '--json',
      '--shell',
      '-n',
      '--limit=',
      'validate',
      '',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('--__proto__', '--constructor=x', '--no-json', '-hx'),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
      parse(...argv)
    }),
    { numRuns: 5_000 },
  )
  t.pass('5,000 command lines')
})
