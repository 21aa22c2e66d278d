/** The shipped service files, made to start the program where it is installed. */

export type Service = {
  /** Absolute path of the program, and its arguments. */
  readonly program: readonly string[]
  /** Directories that this person has moved: the service manager does not know what a shell's start file says. */
  readonly environment: Readonly<Record<string, string>>
}

/** A systemd unit is ours to replace and to remove when it begins so. */
export const UNIT_MARK = '# Written by `cmdaid install`. Changes of your own: `systemctl edit --user cmdaid`.\n'

export function renderUnit(template: string, { program, environment }: Service): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${unitWord(`${name}=${value}`, '')}\n`,
  )
  // systemd takes no program whose own name holds one of these; as an argument it does.
  const words = /["'\\$]/.test(program[0] ?? '') ? ['/usr/bin/env', ...program] : program
  const command = words.map((word) => unitWord(word, '$')).join(' ')
  return UNIT_MARK + template.replace(/^ExecStart=.*\n/m, () => `${variables.join('')}ExecStart=${command}\n`)
}

/** A property list is ours when it holds this. */
export const AGENT_MARK = '<!-- Written by `cmdaid install`. -->'

export function renderAgent(template: string, { program, environment }: Service): string {
  const array = program.map((word) => `    <string>${xml(word)}</string>\n`).join('')
  const variables = Object.entries(environment)
    .map(([name, value]) => `    <key>${xml(name)}</key>\n    <string>${xml(value)}</string>\n`)
    .join('')
  return template
    .replace(/<!--[^]*?-->/, AGENT_MARK)
    .replace(
      /(<key>ProgramArguments<\/key>\s*<array>\n)[^]*?( *<\/array>)/,
      (_, start: string, end: string) => start + array + end,
    )
    .replace(/(<key>EnvironmentVariables<\/key>\s*<dict>\n)/, (start) => start + variables)
}

/** Quoted, with what systemd would expand taken literally: `%` always, `$` in a command. */
function unitWord(text: string, expanded: '$' | ''): string {
  const literal = text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')
  return `"${expanded === '' ? literal : literal.replaceAll('$', '$$$$')}"`
}

function xml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '')
}
