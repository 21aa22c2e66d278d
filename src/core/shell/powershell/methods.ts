import { DYNAMIC, type Word } from '../facts.ts'
import { emit, readText } from '../invocation.ts'
import { addReason, type Frame, type Run } from '../run.ts'
import type { Feeds } from '../substitutions.ts'
import { spanOf } from '../words.ts'
import { bind, type Argument } from './bind.ts'
import { cmdletOf } from './cmdlets.ts'
import { evaluate } from './evaluate.ts'
import { listed } from './values.ts'
import type { PsExpression } from './syntax.ts'

type Member = Extract<PsExpression, { readonly type: 'member' }>

/**
 * What a method of .NET does, as the command that does the same. One that may run or change anything, and of which no more
 * can be said, makes the line one that cannot be read; those that only compute say nothing.
 */
export function callMethod(
  run: Run,
  member: Member,
  args: readonly PsExpression[],
  frame: Frame,
  feeds: Feeds | null,
): void {
  const name = listed(evaluate(member.name, frame))
  if (name.dynamic) return addReason(run, null, 'dynamic-name')
  const method = name.text.toLowerCase()
  const span = spanOf(frame, member)
  const words = args.map((arg): Word => {
    const value = listed(evaluate(arg, frame))
    return { text: value.text, dynamic: value.dynamic, glob: false, span }
  })
  const type = member.static && member.target.type === 'type' ? member.target.name.replace(/^system\./, '') : null
  const label = `${type === null ? '' : `[${type}]::`}${method}`
  const found = type === null ? instanceMethod(method, words, member) : staticMethod(type, method, words)
  if (found === null) return
  if (found === 'unreadable') return addReason(run, null, 'dynamic-eval')
  const inner: Frame = { ...frame, via: [...frame.via, label] }
  if (found.kind === 'text') {
    if (found.text.text === DYNAMIC) return addReason(run, null, 'dynamic-eval')
    return readText(run, null, found.text, inner)
  }
  const program: Word = { text: found.program, dynamic: false, glob: false, span }
  const { words: argv } = found
  const parsed = bind(cmdletOf(found.program), argv.map(asArgument))
  const from = run.drafts.length
  emit(
    run,
    {
      argv: [program, ...argv],
      span,
      redirects: [],
      stdin: 'inherited',
      input: null,
      env: new Map(),
      feeds: null,
      parsed,
    },
    { ...inner, downstream: feeds?.words ?? frame.downstream },
    null,
  )
  const draft = run.drafts[from]
  if (feeds !== null && draft?.program != null) feeds.intoWords.push(draft.program)
}

function asArgument(word: Word): Argument {
  const name = /^-([a-z]+)$/.exec(word.text)?.[1]
  return name === undefined ? { kind: 'value', values: [word] } : { kind: 'parameter', name, word, values: null }
}

type Found =
  | { readonly kind: 'command'; readonly program: string; readonly words: readonly Word[] }
  | { readonly kind: 'text'; readonly text: Word }

function cmdlet(program: string, words: readonly Word[]): Found {
  return { kind: 'command', program, words }
}

function flag(word: Word | undefined, text: string): readonly Word[] {
  return word === undefined ? [] : [{ ...word, text, dynamic: false }]
}

function staticMethod(type: string, method: string, words: readonly Word[]): Found | 'unreadable' | null {
  const [first] = words
  switch (type) {
    case 'io.file':
    case 'io.directory':
      if (method === 'delete') {
        const deep = words.length > 1 && words[1]?.text.toLowerCase() !== 'false'
        return cmdlet('remove-item', [
          ...words.slice(0, 1),
          ...(deep ? flag(first, '-recurse') : []),
          ...flag(first, '-force'),
        ])
      }
      if (/^(?:write|append|create|open|replace|encrypt|set)/.test(method))
        return cmdlet('set-content', words.slice(0, 1))
      if (method === 'move' || method === 'copy') return cmdlet(`${method}-item`, words.slice(0, 2))
      return method.startsWith('read') ? cmdlet('get-content', words.slice(0, 1)) : null
    case 'diagnostics.process':
      if (method !== 'start') return null
      return first === undefined || first.text === DYNAMIC ? 'unreadable' : cmdlet('start-process', words)
    case 'scriptblock':
    case 'management.automation.scriptblock':
      return method === 'create' && first !== undefined ? { kind: 'text', text: first } : null
    case 'environment':
      return null
    case 'net.sockets.tcpclient':
    case 'net.sockets.tcplistener':
      return first === undefined
        ? null
        : cmdlet('new-object', [{ ...first, text: `System.${type}`, dynamic: false }, ...words])
    case 'reflection.assembly':
    case 'activator':
    case 'runtime.interopservices.marshal':
    case 'microsoft.visualbasic.interaction':
    case 'management.automation.powershell':
    case 'powershell':
    case 'appdomain':
      return 'unreadable'
    default:
      return /^(?:invoke|start$|shell|execute|run$|delete|load$|loadfrom|loadfile|unsafe)/.test(method)
        ? 'unreadable'
        : null
  }
}

function instanceMethod(method: string, words: readonly Word[], { target }: Member): Found | 'unreadable' | null {
  const [first] = words
  switch (method) {
    case 'downloadstring':
    case 'downloaddata':
    case 'openread':
    case 'getstringasync':
    case 'getbytearrayasync':
      return cmdlet('invoke-webrequest', words.slice(0, 1))
    case 'downloadfile':
    case 'downloadfiletaskasync': {
      const [, file] = words
      return cmdlet('invoke-webrequest', [
        ...words.slice(0, 1),
        ...(file === undefined ? [] : [{ ...file, text: '-outfile' }, file]),
      ])
    }
    case 'uploadfile':
    case 'uploadstring':
    case 'uploaddata':
      return cmdlet('invoke-webrequest', words.slice(0, 1))
    case 'invokescript':
    case 'newscriptblock':
    case 'addscript':
    case 'expandstring':
      return first === undefined ? 'unreadable' : { kind: 'text', text: first }
    case 'run':
    case 'exec':
    case 'shellexecute':
      // COM objects that start programs.
      return first === undefined ? 'unreadable' : { kind: 'text', text: first }
    case 'getfield':
    case 'getmethod':
    case 'setvalue':
    case 'delete':
    case 'invoke':
    case 'invokecommand':
    case 'invokereturnasis':
    case 'begininvoke':
    case 'start':
    case 'kill':
    case 'format':
      // A block that stands right there was walked with the expression.
      return target.type === 'block' ? null : 'unreadable'
    default:
      return null
  }
}
