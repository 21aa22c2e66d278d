import type { ConformanceShell, Words } from './case.ts'

/** What every prompt of a shell under test ends with, but for fish's. Nothing else prints it. */
const PROMPT_MARK = '@@> '
const markedPrompt = (): string => PROMPT_MARK

/** How a shell is started, and how the same few things are said in its language. */
export type Dialect = {
  readonly words: Words
  /** Name of the rc file that a shell of these cases reads, and of nothing else. */
  readonly rcName: string
  /** Defines `say` and the commands that policies know. `log` is an absolute path. */
  readonly commands: (log: string) => string
  /** What the n-th prompt ends with, from 1 on. fish draws a prompt as often as it likes: only a new number is a new one. */
  readonly prompt: (n: number) => string
  /** A plain prompt, for a shell with no rc file but ours. */
  readonly plainPrompt: string
  /** Puts the mark behind whatever prompt the person has. */
  readonly markPrompt: string
  /** Loads the hook file. */
  readonly load: (file: string) => string
  /** The same where it is not loaded yet. */
  readonly loadUnlessLoaded: (file: string) => string
  /** Whether the hook is loaded: leaves `hooked` behind if it is. */
  readonly probe: string
  /** How long the hook waits for an answer. */
  readonly wait: (seconds: number) => string
  /** Command and variables that start the shell on the rc file in `folder`. */
  readonly start: (
    program: string,
    folder: string,
  ) => { readonly command: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> }
  /** Arguments that start the shell as a person's terminal would, on the person's own files. */
  readonly startOwn: readonly string[]
  /** Reads a file of commands. */
  readonly source: (file: string) => string
}

const single = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

const POSIX_COMMANDS = (log: string): string => `say() { builtin printf '%s\\n' "$*" >>${single(log)}; }
DENYME() { say DENYME ran; }
CONFIRMME() { say CONFIRMME ran; }
WARNME() { say WARNME ran; }`

const bash: Dialect = {
  words: {
    status: '$?',
    statuses: '${PIPESTATUS[*]}',
    fail: (status) => `(exit ${status})`,
    subshell: (text) => `(${text})`,
  },
  rcName: 'bashrc',
  commands: POSIX_COMMANDS,
  prompt: markedPrompt,
  plainPrompt: `PS1='${PROMPT_MARK}' PS2='... '`,
  // Appended in the form that the variable has: an element, or a line of the one string.
  markPrompt: `if [[ \${PROMPT_COMMAND@a} == *a* ]]; then
  PROMPT_COMMAND+=('[[ $PS1 == *"${PROMPT_MARK}" ]] || PS1+="${PROMPT_MARK}"')
else
  PROMPT_COMMAND=\${PROMPT_COMMAND-}$'\\n''[[ $PS1 == *"${PROMPT_MARK}" ]] || PS1+="${PROMPT_MARK}"'
fi`,
  load: (file) => `source ${single(file)}`,
  loadUnlessLoaded: (file) => `declare -F __cmdaid_unload >/dev/null || source ${single(file)}`,
  probe: 'declare -F __cmdaid_unload >/dev/null && say hooked || say bare',
  wait: (seconds) => `__cmdaid_wait=${seconds.toFixed(6)}; declare +x __cmdaid_wait`,
  start: (program, folder) => ({
    command: [program, '--noprofile', '--rcfile', `${folder}/bashrc`, '-i'],
    env: {},
  }),
  startOwn: ['-i'],
  source: (file) => ` source ${single(file)}`,
}

const zsh: Dialect = {
  words: {
    status: '$?',
    statuses: '$pipestatus',
    fail: (status) => `(exit ${status})`,
    subshell: (text) => `(${text})`,
  },
  rcName: '.zshrc',
  commands: POSIX_COMMANDS,
  prompt: markedPrompt,
  plainPrompt: `PROMPT='${PROMPT_MARK}' PROMPT2='... ' RPROMPT= PROMPT_SP=
unsetopt prompt_cr prompt_sp; bindkey -e`,
  markPrompt: `__conformance_mark() { [[ $PROMPT == *'${PROMPT_MARK}' ]] || PROMPT+='${PROMPT_MARK}' }
precmd_functions+=(__conformance_mark)`,
  load: (file) => `source ${single(file)}`,
  loadUnlessLoaded: (file) => `(( \${+functions[__cmdaid_unload]} )) || source ${single(file)}`,
  probe: '(( ${+functions[__cmdaid_unload]} )) && say hooked || say bare',
  wait: (seconds) => `typeset -gF +x __cmdaid_wait=${seconds.toFixed(6)}`,
  start: (program, folder) => ({ command: [program, '-d', '-i'], env: { ZDOTDIR: folder } }),
  startOwn: ['-i'],
  source: (file) => ` source ${single(file)}`,
}

const fish: Dialect = {
  words: {
    status: '$status',
    statuses: '$pipestatus',
    fail: (status) => `sh -c 'exit ${status}'`,
    subshell: (text) => `begin; ${text}; end`,
  },
  rcName: 'fish/config.fish',
  commands: (log) => `function say; builtin printf '%s\\n' "$argv" >>${single(log)}; end
function DENYME; say DENYME ran; end
function CONFIRMME; say CONFIRMME ran; end
function WARNME; say WARNME ran; end`,
  prompt: (n) => `@${n}@> `,
  plainPrompt: `set -g fish_greeting
set -g __conformance_n 0
function __conformance_count --on-event fish_prompt; set -g __conformance_n (builtin math $__conformance_n + 1); end
function fish_prompt; builtin printf '@%s@> ' $__conformance_n; end
function fish_right_prompt; end
function fish_title; end
set -g fish_autosuggestion_enabled 0`,
  markPrompt: `set -g __conformance_n 0
function __conformance_count --on-event fish_prompt; set -g __conformance_n (builtin math $__conformance_n + 1); end
functions -c fish_prompt __conformance_prompt
function fish_prompt; __conformance_prompt; builtin printf '@%s@> ' $__conformance_n; end
set -g fish_autosuggestion_enabled 0`,
  load: (file) => `source ${single(file)}`,
  loadUnlessLoaded: (file) => `functions -q __cmdaid_unload; or source ${single(file)}`,
  probe: 'functions -q __cmdaid_unload; and say hooked; or say bare',
  wait: (seconds) => `set -g __cmdaid_wait ${Math.round(seconds * 1_000)}`,
  start: (program, folder) => ({
    command: [program, '-i'],
    env: { XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
  }),
  startOwn: ['-i'],
  source: (file) => ` source ${single(file)}`,
}

const quotedForPowerShell = (text: string): string => `'${text.replaceAll("'", "''")}'`

const powershell: Dialect = {
  words: {
    status: '$LASTEXITCODE',
    statuses: '$LASTEXITCODE',
    fail: (status) => `sh -c 'exit ${status}'`,
    subshell: (text) => `& { ${text} }`,
  },
  rcName: 'powershell/Microsoft.PowerShell_profile.ps1',
  commands: (log) => `function say { [IO.File]::AppendAllText(${quotedForPowerShell(log)}, "$args\`n") }
function DENYME { say DENYME ran }
function CONFIRMME { say CONFIRMME ran }
function WARNME { say WARNME ran }`,
  prompt: markedPrompt,
  plainPrompt: `function prompt { '${PROMPT_MARK}' }`,
  markPrompt: `$function:__conformance_prompt = $function:prompt
function prompt { "$(__conformance_prompt)${PROMPT_MARK}" }`,
  load: (file) => `. ${quotedForPowerShell(file)}`,
  loadUnlessLoaded: (file) => `if (-not (Test-Path function:__cmdaid_unload)) { . ${quotedForPowerShell(file)} }`,
  probe: 'if (Test-Path function:__cmdaid_unload) { say hooked } else { say bare }',
  wait: (seconds) => `if ($__cmdaid) { $__cmdaid.Wait = ${seconds} }`,
  start: (program, folder) => ({
    command: [program, '-NoLogo'],
    env: {
      XDG_CONFIG_HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CACHE_HOME: folder,
      POWERSHELL_TELEMETRY_OPTOUT: '1',
      POWERSHELL_UPDATECHECK: 'Off',
    },
  }),
  startOwn: ['-NoLogo'],
  source: (file) => `. ${quotedForPowerShell(file)}`,
}

export const DIALECTS: Readonly<Record<ConformanceShell, Dialect>> = { bash, zsh, fish, powershell }

/** Name of the hook file of a shell. */
export function hookFileName(shell: ConformanceShell): string {
  return `cmdaid.${shell === 'powershell' ? 'ps1' : shell}`
}
