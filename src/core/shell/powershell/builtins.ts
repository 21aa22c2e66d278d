import { UNKNOWN } from '../parameters.ts'
import { pathOf } from '../path-of.ts'
import type { Frame, Run } from '../run.ts'
import type { Call } from '../wrappers/inner.ts'
import { defineAlias } from './aliases.ts'

/** What a command changes in the PowerShell that runs it. */
export function applyPowerShellBuiltin(run: Run, call: Call, frame: Frame): void {
  const [first, second] = call.operands
  const { scope } = frame
  switch (call.program) {
    case 'set-location':
    case 'push-location':
      if (first === undefined || first.text === '-' || first.text === '+')
        scope.changeDirectory(first === undefined ? scope.cwd : null)
      else scope.changeDirectory(first.dynamic || first.glob ? null : pathOf(first, scope.cwd, frame.home))
      return
    case 'pop-location':
      return scope.changeDirectory(null)
    case 'set-variable':
    case 'new-variable': {
      if (first === undefined) return
      scope.set(
        first.text.toLowerCase(),
        second === undefined ? UNKNOWN : { text: second.text, dynamic: second.dynamic, glob: false, items: null },
      )
      if (frame.ownProcess && second !== undefined) run.assignments.set(first.text.toLowerCase(), second)
      return
    }
    case 'set-item':
    case 'set-content':
    case 'new-item':
      return setItem(run, call, frame)
    case 'set-alias':
    case 'new-alias':
      if (first !== undefined && second !== undefined) defineAlias(first.text, second, frame)
      return
    case '.':
      scope.opaque = true
  }
}

/** `Set-Item Env:NAME value`, `Set-Item Alias:x command`. */
function setItem(run: Run, { flags, operands: [path, value] }: Call, frame: Frame): void {
  const match = /^(env|alias|variable|function):\/?(.+)$/i.exec(path?.text ?? '')
  const text = value ?? flags.get('value') ?? null
  if (match === null || text === null) return
  const [, drive = '', name = ''] = match
  if (drive.toLowerCase() === 'alias') return defineAlias(name, text, frame)
  if (drive.toLowerCase() === 'function') return
  const key = drive.toLowerCase() === 'env' ? `env:${name.toLowerCase()}` : name.toLowerCase()
  frame.scope.set(key, { text: text.text, dynamic: text.dynamic, glob: false, items: null })
  if (frame.ownProcess)
    run.assignments.set(drive.toLowerCase() === 'env' ? name.toUpperCase() : name.toLowerCase(), text)
}
