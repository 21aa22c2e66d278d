import { DYNAMIC, type Word } from '../facts.ts'
import { emit } from '../invocation.ts'
import { parseOptions } from '../options.ts'
import type { Frame } from '../run.ts'
import { bind, type Argument } from './bind.ts'
import { cmdletNamed, cmdletOf } from './cmdlets.ts'

/** From now on the name is a command of another name. */
export function defineAlias(name: string, value: Word, frame: Frame): void {
  frame.scope.define(name.toLowerCase(), {
    length: name.length,
    walk: (run, call) => {
      const words = call.scope.positionals ?? []
      const span = call.span ?? value.span
      const argv = [{ ...value, text: value.dynamic ? DYNAMIC : cmdletNamed(value.text.toLowerCase()), span }, ...words]
      emit(
        run,
        {
          argv,
          span,
          redirects: [],
          stdin: 'inherited',
          input: call.input,
          env: new Map(),
          feeds: null,
          parsed: boundTo(cmdletNamed(value.text.toLowerCase()), words),
        },
        call,
        null,
      )
    },
  })
}

/** Options and operands for a command that something else named. */
function boundTo(cmdletName: string, args: readonly Word[]): ReturnType<typeof bind> {
  const cmdlet = cmdletOf(cmdletName)
  return cmdlet === undefined
    ? parseOptions(cmdletName, args)
    : bind(
        cmdlet,
        args.map((word): Argument => {
          const name = /^-([A-Za-z]\w*)$/.exec(word.text)?.[1]
          return name === undefined
            ? { kind: 'value', values: [word] }
            : { kind: 'parameter', name, word, values: null }
        }),
      )
}
