import {
  command,
  input,
  joinWords,
  NOTHING,
  script,
  UNREADABLE,
  withText,
  type Call,
  type Inner,
} from '../wrappers/inner.ts'
import type { Word } from '../facts.ts'
import { unwrap } from '../wrappers/unwrap.ts'

/** What a command of a PowerShell line runs besides itself. */
export function unwrapPowerShell(call: Call): readonly Inner[] {
  switch (call.program) {
    case 'invoke-expression': {
      const text = joinWords(call.operands)
      const same = { process: 'same', shell: 'powershell' } as const
      return text === null ? input(call.program, same) : script(call.program, text, same)
    }
    case 'foreach-object':
      // `% Delete` calls that method of every item.
      return /^(?:delete|kill|invoke\w*|moveto|start|stop|format)$/i.test(call.operands[0]?.text ?? '')
        ? UNREADABLE
        : NOTHING
    case 'start-process':
      return startProcess(call)
    case 'cmd':
      return commandPrompt(call)
    case 'wsl':
      return wsl(call)
    case 'invoke-cimmethod':
    case 'invoke-wmimethod':
      return UNREADABLE
    case 'add-type':
      return call.flags.has('typedefinition') || call.flags.has('memberdefinition') ? UNREADABLE : NOTHING
    case 'alias':
    case 'source':
    case '.':
    case 'trap':
      // Words of other shells.
      return NOTHING
    default:
      return unwrap(call)
  }
}

/** `Start-Process file -ArgumentList 'a b', c`. */
function startProcess({ program, flags, operands }: Call): readonly Inner[] {
  const [file, ...more] = operands
  if (file === undefined) return NOTHING
  const rest = more.flatMap(words)
  const elevated = /^runas/i.test(flags.get('verb')?.text ?? '')
  const plain = withText(file, file.text.replaceAll('\\', '/').replace(/\.(?:exe|cmd|bat|com)$/i, ''))
  return command(elevated ? `${program} -Verb RunAs` : program, [plain, ...rest])
}

/** A text of arguments, told apart at its blanks. */
function words(word: Word): readonly Word[] {
  return (word.text.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((text) => withText(word, text.replaceAll('"', '')))
}

/** `cmd /c text`: its own language, of which the words and what stands between commands are read. */
function commandPrompt({ program, args }: Call): readonly Inner[] {
  const at = args.findIndex(({ text }) => /^\/[ckr]/i.test(text))
  const first = args[at]
  if (first === undefined)
    return input(program, { read: (code) => code.text.split('\n').flatMap((line) => prompt(withText(code, line))) })
  const attached = first.text.slice(2)
  const text = joinWords([...(attached === '' ? [] : [withText(first, attached)]), ...args.slice(at + 1)])
  return text === null ? NOTHING : prompt(text)
}

function prompt(text: Word): readonly Inner[] {
  const plain = text.text.replaceAll(/\^(.)/gs, '$1')
  return plain.split(/&&?|\|\|?|[\n()]/).flatMap((part) => {
    const all = words(withText(text, part.replaceAll(/%[^%\s]+%/g, '\uFFFC'))).map((word) => ({
      ...word,
      dynamic: word.dynamic || word.text.includes('\uFFFC'),
    }))
    const [name, ...rest] = all
    if (name === undefined) return NOTHING
    const program = withText(
      name,
      name.text
        .replace(/^@/, '')
        .replaceAll('\\', '/')
        .replace(/\.(?:exe|cmd|bat|com)$/i, ''),
    )
    return command(
      'cmd /c',
      /^(?:del|erase|rd|rmdir)$/i.test(program.text) ? removal(program, rest) : [program, ...rest],
    )
  })
}

/** `del /s /q path`, `rd /s path`, in the words that other rules about deleting know. */
function removal(name: Word, rest: readonly Word[]): readonly Word[] {
  const isOption = ({ text }: Word): boolean => /^\/[a-z](?::|$)/i.test(text)
  const flags = rest.filter(isOption).map(({ text }) => text.slice(1, 2).toLowerCase())
  const paths = rest.filter((word) => !isOption(word)).map((word) => withText(word, word.text.replaceAll('\\', '/')))
  const options = [
    ...(flags.includes('s') ? ['-r'] : []),
    ...(flags.includes('q') || flags.includes('f') ? ['-f'] : []),
  ]
  return [withText(name, 'rm'), ...options.map((text) => withText(name, text)), ...paths]
}

/** `wsl [-d name] [-u user] [-e|--] command`. */
function wsl({ program, args }: Call): readonly Inner[] {
  let at = 0
  for (; at < args.length; at += 1) {
    const text = args[at]?.text ?? ''
    if (text === '--' || /^(?:-e|--exec)$/i.test(text)) {
      at += 1
      break
    }
    if (/^(?:-d|-u|--distribution|--user|--cd|--shell-type)$/i.test(text)) at += 1
    else if (!text.startsWith('-')) break
  }
  return command(program, args.slice(at), { cwd: null })
}
