import { RESOLVED_CHARS_MAX } from '../limits.ts'
import type { CommandFacts } from '../shell/facts.ts'

/** The command as the shell would run it, quoted so that it can be read and pasted: `rm -rf /`, `git commit -m 'a b'`. */
export function resolvedForm(command: CommandFacts): string {
  let text = ''
  for (const word of command.path === null ? command.args : [command.path, ...command.args]) {
    text += (text === '' ? '' : ' ') + (word.glob ? word.text : quote(word.text))
    if (text.length > RESOLVED_CHARS_MAX)
      return `${text.slice(0, RESOLVED_CHARS_MAX - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
  }
  return text
}

function quote(text: string): string {
  return /^[\w@%+=:,./~\uFFFC-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
