/** Completions, made from the command table. No name in it needs quoting; a test sees to that. */

import { COMMANDS } from './command-table.ts'
import type { CommandSpec, OptionSpec } from './command.ts'

/** Every command and verb with the words that lead to it. */
function allCommands(): { readonly words: string; readonly spec: CommandSpec }[] {
  return COMMANDS.flatMap((spec) => [
    { words: spec.name, spec },
    ...spec.verbs.map((verb) => ({ words: `${spec.name} ${verb.name}`, spec: verb })),
  ])
}

/** One function that looks up words in `case`: no completion library is needed. */
export function bashCompletion(): string {
  const cases = allCommands().map(({ words, spec }) => {
    const candidates = [
      ...spec.options.flatMap(optionWords),
      ...spec.verbs.map(({ name }) => name),
      ...operandWords(spec),
    ]
    return `    '${words}') words='${candidates.join(' ')}' files=${fileKind(spec.operand)} ;;`
  })
  const values = allCommands().flatMap(({ words, spec }) =>
    spec.options.flatMap((option) => {
      if (option.value === null) return []
      const names = optionWords(option).map((name) => `'${words} ${name}'`)
      const list = typeof option.value === 'object' ? option.value.join(' ') : ''
      const several = option.list === true ? ' several=1' : ''
      return [`    ${names.join('|')}) words='${list}' files=${fileKind(option.value)}${several} ;;`]
    }),
  )
  return `# cmdaid completions for bash
_cmdaid() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word words='' files=none several='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    [[ $word != -- ]] || return 0
    [[ $word != -* ]] || continue
    if [[ -z $command ]]; then command=$word
    elif [[ ' ${COMMANDS.filter(({ verbs }) => verbs.length > 0)
      .map(({ name }) => name)
      .join(' ')} ' == *" $command "* ]]; then command="$command $word"; fi
  done
  case $command in
    '') words='${COMMANDS.map(({ name }) => name).join(' ')} --help --version' ;;
${cases.join('\n')}
    *) return 0 ;;
  esac
  case "$command $previous" in
${values.join('\n')}
  esac
  # Several words with commas: what is typed before the last comma stays.
  if [[ $several && $current == *,* ]]; then words="\${current%,*},\${words// / \${current%,*},}"; fi
  case $files in
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"; compgen -W "$words" -- "$current") ;;
    directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current"; compgen -W "$words" -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
  esac
}
complete -F _cmdaid cmdaid
`
}

/** `_arguments` for each command; works from a file in \`fpath\` and through \`eval\`. */
export function zshCompletion(): string {
  const functions = COMMANDS.map((spec) =>
    spec.verbs.length === 0
      ? `      ${spec.name}) _arguments -s ${zshArguments(spec)} ;;`
      : `      ${spec.name})
        if ((CURRENT == 2)); then _values verb ${spec.verbs.map(({ name, summary }) => `'${name}[${summary}]'`).join(' ')}
        else
          shift words; ((CURRENT--))
          case $words[1] in
${spec.verbs.map((verb) => `            ${verb.name}) _arguments -s ${zshArguments(verb)} ;;`).join('\n')}
          esac
        fi ;;`,
  )
  return `#compdef cmdaid
# cmdaid completions for zsh
_cmdaid() {
  if ((CURRENT == 2)); then
    local -a commands=(
${COMMANDS.map(({ name, summary }) => `      '${name}:${summary}'`).join('\n')}
    )
    _describe command commands
  else
    shift words; ((CURRENT--))
    case $words[1] in
${functions.join('\n')}
    esac
  fi
}
if [[ \${funcstack[1]-} == _cmdaid ]]; then _cmdaid "$@"; else compdef _cmdaid cmdaid; fi
`
}

export function fishCompletion(): string {
  const lines = COMMANDS.map(
    ({ name, summary }) => `complete -c cmdaid -n __fish_use_subcommand -f -a ${name} -d '${summary}'`,
  )
  for (const { words, spec } of allCommands()) {
    const [first, verb] = words.split(' ')
    const seen =
      verb === undefined
        ? `__fish_seen_subcommand_from ${first}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${verb}`
    const complete = `complete -c cmdaid -n '${seen}'`
    for (const { name, short, value, list, summary } of spec.options) {
      const known = typeof value === 'object' && value !== null ? value.join(' ') : null
      const choices = known === null ? '' : ` -x -a '${list === true ? `(__fish_append , ${known})` : known}'`
      const takes =
        value === null ? '' : value === 'file' || value === 'directory' ? ' -r -F' : choices === '' ? ' -x' : ''
      lines.push(`${complete} -l ${name}${short === undefined ? '' : ` -s ${short}`}${choices}${takes} -d '${summary}'`)
    }
    const operands = [...operandWords(spec)]
    if (operands.length > 0) lines.push(`${complete} -f -a '${operands.join(' ')}'`)
    const missing = spec.verbs.map((each) => each.name).join(' ')
    for (const each of spec.verbs) {
      lines.push(
        `complete -c cmdaid -n '${seen}; and not __fish_seen_subcommand_from ${missing}' -f -a ${each.name} -d '${each.summary}'`,
      )
    }
    if (fileKind(spec.operand) === 'none') lines.push(`${complete} -f`)
  }
  return `# cmdaid completions for fish\n${lines.join('\n')}\n`
}

function zshArguments(spec: CommandSpec): string {
  const options = spec.options.flatMap((option) => {
    const action =
      option.list === true
        ? `_sequence -s , compadd - ${option.value === null ? '' : [option.value].flat().join(' ')}`
        : zshAction(option.value)
    const description = `[${option.summary}]${option.value === null ? '' : `:${option.name}:${action}`}`
    return optionWords(option).map((name) => `'${name}${description}'`)
  })
  const operand =
    spec.operandsMax === 0 || spec.operand === 'line'
      ? []
      : [`'*:${typeof spec.operand === 'object' ? 'word' : spec.operand}:${zshAction(spec.operand)}'`]
  return [...options, ...operand].join(' ')
}

function zshAction(value: OptionSpec['value'] | CommandSpec['operand']): string {
  if (value === 'file') return '_files'
  if (value === 'directory') return '_files -/'
  if (value === 'command') return `(${COMMANDS.map(({ name }) => name).join(' ')})`
  return typeof value === 'object' && value !== null ? `(${value.join(' ')})` : ' '
}

function operandWords({ operand }: CommandSpec): readonly string[] {
  if (operand === 'command') return COMMANDS.map(({ name }) => name)
  return typeof operand === 'object' ? operand : []
}

function optionWords({ name, short }: OptionSpec): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]
}

function fileKind(value: OptionSpec['value'] | CommandSpec['operand']): 'file' | 'directory' | 'none' {
  return value === 'file' || value === 'directory' ? value : 'none'
}
