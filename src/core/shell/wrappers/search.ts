import { ANALYSIS_LOOP_VALUES_MAX } from '../../limits.ts'
import { DYNAMIC, type Word } from '../facts.ts'
import { commandEnd } from '../options.ts'
import { command, input, joinWords, NOTHING, script, withText, type Call, type Inner, type Opener } from './inner.ts'

/** `find dirs… -exec command {} \;`, and its relatives. `{}` is something below one of the directories. */
function find({ program, args }: Call): readonly Inner[] {
  const inner: Inner[] = []
  const roots = rootsOf(args)
  for (let index = 0; index < args.length; index += 1) {
    const action = args[index]?.text ?? ''
    if (!FIND_ACTIONS.has(action)) continue
    const end = commandEnd(args, index + 1)
    const words = args.slice(index + 1, end)
    const directory = action.endsWith('dir') ? { cwd: null } : {}
    inner.push(
      ...command(
        `${program} ${action}`,
        words.flatMap((word) => found(word, roots)),
        directory,
      ),
    )
    index = end
  }
  return inner
}

const FIND_ACTIONS: ReadonlySet<string> = new Set(['-exec', '-execdir', '-ok', '-okdir'])

function rootsOf(args: readonly Word[]): readonly Word[] {
  const end = args.findIndex(({ text }) => /^[-(!]/.test(text) && !/^-[HLPDO]/.test(text))
  const roots = (end === -1 ? args : args.slice(0, end)).filter(({ text }) => !text.startsWith('-'))
  return roots.slice(0, ANALYSIS_LOOP_VALUES_MAX)
}

/** `{}` in a word, for each directory. */
function found(word: Word, roots: readonly Word[]): readonly Word[] {
  if (!word.text.includes('{}')) return [word]
  const places = roots.length === 0 ? ['.'] : roots.map(({ text }) => text)
  return places.map((place) => ({
    text: word.text.replaceAll('{}', () => `${place.endsWith('/') ? place.slice(0, -1) : place}/${DYNAMIC}`),
    dynamic: true,
    glob: false,
    span: word.span,
  }))
}

/** `fd pattern -x command`: everything after the option, up to `;`. */
function fd({ program, args }: Call): readonly Inner[] {
  const at = args.findIndex(
    ({ text }) => text === '-x' || text === '-X' || text === '--exec' || text === '--exec-batch',
  )
  if (at === -1) return NOTHING
  const end = args.findIndex(({ text }, index) => index > at && text === ';')
  const words = args.slice(at + 1, end === -1 ? undefined : end)
  const target: Word = { text: DYNAMIC, dynamic: true, glob: false, span: (args[at] as Word).span }
  const placed = words.some(({ text }) => /\{(?:|\/|\/\/|\.|\/\.)\}/.test(text))
  return command(
    `${program} ${args[at]?.text ?? ''}`,
    placed ? words.flatMap((word) => found(word, [])) : [...words, target],
  )
}

/** `xargs command words…`: what it reads becomes further words, or replaces `{}`. */
function xargs({ program, flags, operands, stdinText }: Call): readonly Inner[] {
  const [first] = operands
  if (first === undefined) return NOTHING
  const text = flags.has('a') || flags.has('arg-file') ? null : stdinText()
  const replaced =
    flags.get('I')?.text ??
    (flags.has('i') || flags.has('replace') ? (flags.get('i') ?? flags.get('replace'))?.text || '{}' : null)
  const unknown: Word = { text: DYNAMIC, dynamic: true, glob: false, span: first.span }
  if (replaced === null) {
    const words =
      text === null
        ? [unknown]
        : splitInput(text, flags.has('0') || flags.has('null')).map((piece) => known(piece, first))
    return command(program, [...operands, ...words], { readsStdin: false })
  }
  const pieces = text === null ? [DYNAMIC] : text.split('\n').filter((line) => line.trim() !== '')
  return pieces.slice(0, ANALYSIS_LOOP_VALUES_MAX).flatMap((piece) =>
    command(
      program,
      operands.map((word) =>
        word.text.includes(replaced)
          ? {
              ...known(
                word.text.replaceAll(replaced, () => piece),
                word,
              ),
              dynamic: word.dynamic || piece.includes(DYNAMIC),
            }
          : word,
      ),
      { readsStdin: false },
    ),
  )
}

function splitInput(text: string, nulls: boolean): string[] {
  const pieces = nulls ? text.split('\0') : (text.match(/(?:[^\s'"\\]|\\.|'[^']*'|"[^"]*")+/gs) ?? [])
  return pieces.filter((piece) => piece !== '').map((piece) => (nulls ? piece : piece.replaceAll(/['"]|\\(.)/gs, '$1')))
}

function known(text: string, place: Word): Word {
  return { text, dynamic: text.includes(DYNAMIC), glob: false, span: place.span }
}

/** `parallel 'text {}' ::: a b`: a shell reads the text once per argument; without a text, every line read is one. */
function parallel({ program, operands }: Call): readonly Inner[] {
  const at = operands.findIndex(({ text }) => /^:{3,4}\+?$/.test(text))
  const words = at === -1 ? operands : operands.slice(0, at)
  const values = at === -1 || operands[at]?.text.startsWith('::::') === true ? null : operands.slice(at + 1)
  const text = joinWords(words)
  if (text === null) return values === null ? input(program) : values.flatMap((value) => script(program, value))
  const pieces = values === null ? [DYNAMIC] : values.slice(0, ANALYSIS_LOOP_VALUES_MAX).map((value) => value.text)
  return pieces.flatMap((piece) => {
    const placed = /\{[^{}]{0,4}\}/.test(text.text)
    const filled = placed ? text.text.replaceAll(/\{[^{}]{0,4}\}/g, () => piece) : `${text.text} ${piece}`
    return script(program, { ...withText(text, filled), dynamic: text.dynamic || piece.includes(DYNAMIC) })
  })
}

/** Programs that run a command for each thing they find or read. */
export const SEARCHES: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ['find', find],
  ['gfind', find],
  ['fd', fd],
  ['fdfind', fd],
  ['xargs', xargs],
  ['gxargs', xargs],
  ['parallel', parallel],
])
