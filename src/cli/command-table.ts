import type { CommandSpec, OptionSpec } from './command.ts'

export const SHELLS = ['bash', 'zsh', 'sh', 'fish', 'powershell'] as const
export const HOOKED_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const
const COMPLETED_SHELLS = ['bash', 'zsh', 'fish'] as const
export const ACTORS = ['human', 'agent', 'ci', 'script', 'unknown'] as const
const DECISIONS = ['allow', 'warn', 'confirm', 'approve', 'deny'] as const

const HELP: OptionSpec = { name: 'help', short: 'h', value: null, summary: 'show help' }
const JSON_OUTPUT: OptionSpec = { name: 'json', value: null, summary: 'print JSON' }
const POLICY: OptionSpec = { name: 'policy', value: 'file', summary: 'judge by this document' }
const SHELL: OptionSpec = { name: 'shell', value: SHELLS, summary: 'shell that would run the line' }
const CWD: OptionSpec = { name: 'cwd', value: 'directory', summary: 'directory the line would run in' }
const ACTOR: OptionSpec = { name: 'actor', value: ACTORS, summary: 'who would run it' }

const INSTALLATION: readonly OptionSpec[] = [
  { name: 'user', value: null, summary: 'for you alone, which is the default' },
  { name: 'system', value: null, summary: 'for every user of this machine' },
  { name: 'shell', value: HOOKED_SHELLS, list: true, summary: 'these shells only' },
  { name: 'no-service', value: null, summary: 'leave the service of the daemon alone' },
  { name: 'force', value: null, summary: 'drop changes that were made between the marks' },
  { name: 'root', value: 'directory', summary: 'with --system, an image of a machine' },
  { name: 'dry-run', value: null, summary: 'show what would change' },
]

/** Every command. Completions, `help` and the tests of the manual are made from this table. */
export const COMMANDS: readonly CommandSpec[] = [
  command('check', 'decide on a command line without running it', {
    options: [
      { name: 'batch', value: null, summary: 'answer JSON lines from standard input' },
      SHELL,
      CWD,
      POLICY,
      ACTOR,
      JSON_OUTPUT,
    ],
    operand: 'line',
    operandsMax: 1,
    load: () => import('./commands/check.ts'),
  }),
  command('completion', 'print completions for a shell', {
    operand: COMPLETED_SHELLS,
    operandsMin: 1,
    operandsMax: 1,
    load: () => import('./commands/completion.ts'),
  }),
  command('daemon', 'serve the shells of this user', {
    options: [{ name: 'foreground', value: null, summary: 'what it does anyway' }],
    load: null,
  }),
  command('doctor', 'find out what is not protected, and how to mend it', {
    options: [
      { name: 'conformance', value: null, summary: 'try the cases of the conformance suite in your shells' },
      { name: 'shell', value: HOOKED_SHELLS, summary: 'in this shell alone, with --conformance' },
      JSON_OUTPUT,
    ],
    load: () => import('./commands/doctor.ts'),
  }),
  command('explain', 'show how a command line is understood and judged', {
    options: [SHELL, CWD, POLICY, ACTOR, JSON_OUTPUT],
    operand: 'line',
    operandsMin: 1,
    operandsMax: 1,
    load: () => import('./commands/explain.ts'),
  }),
  command('help', 'show help', {
    operand: 'command',
    operandsMax: 2,
    load: () => import('./commands/help.ts'),
  }),
  command('init', 'print the code that loads the hook', {
    operand: HOOKED_SHELLS,
    operandsMin: 1,
    operandsMax: 1,
    load: () => import('./commands/init.ts'),
  }),
  command('install', 'make shells load the hook, and start the daemon', {
    options: [
      ...INSTALLATION,
      { name: 'non-interactive', value: null, summary: 'also shells that no person types into' },
      JSON_OUTPUT,
    ],
    load: () => import('./commands/install.ts'),
  }),
  command('log', 'show what was run and what was refused', {
    options: [
      { name: 'follow', short: 'f', value: null, summary: 'go on with what comes' },
      { name: 'limit', short: 'n', value: 'text', summary: 'show at most this many' },
      { name: 'all', value: null, summary: 'show every record, not only commands' },
      { name: 'since', value: 'text', summary: 'from this time on' },
      { name: 'until', value: 'text', summary: 'up to this time' },
      { name: 'user', value: 'text', summary: 'of this user' },
      { name: 'session', value: 'text', summary: 'of this session' },
      { name: 'text', value: 'text', summary: 'with this in the command' },
      { name: 'decision', value: DECISIONS, summary: 'decided like this' },
      { name: 'actor', value: 'text', summary: 'by this kind or name of actor' },
      JSON_OUTPUT,
    ],
    load: () => import('./commands/log.ts'),
  }),
  command('policy', 'check, try and show policy documents', {
    verbs: [
      command('validate', 'read a document and report what is wrong with it', {
        options: [JSON_OUTPUT],
        operand: 'file',
        operandsMin: 1,
        operandsMax: 1,
        load: () => import('./commands/policy/validate.ts'),
      }),
      command('test', 'try every example of a document', {
        options: [JSON_OUTPUT],
        operand: 'file',
        operandsMin: 1,
        operandsMax: 1,
        load: () => import('./commands/policy/test.ts'),
      }),
      command('show', 'list the rules and exceptions in force', {
        options: [JSON_OUTPUT],
        operand: 'file',
        operandsMax: 1,
        load: () => import('./commands/policy/show.ts'),
      }),
    ],
    load: null,
  }),
  command('status', 'show the daemon, its sessions, policy and record', {
    options: [JSON_OUTPUT],
    load: () => import('./commands/status.ts'),
  }),
  command('uninstall', 'undo what install did', {
    options: [...INSTALLATION, JSON_OUTPUT],
    load: () => import('./commands/uninstall.ts'),
  }),
  command('verify', 'check that the log is what it was', {
    options: [
      { name: 'head', value: 'file', summary: 'a head that was kept elsewhere' },
      { name: 'since', value: 'file', summary: 'a head that was verified before' },
      { name: 'policy', value: 'file', summary: 'the key that must have signed' },
      { name: 'require', value: ['witnessed', 'consistent'], summary: 'what counts as success' },
      JSON_OUTPUT,
    ],
    operand: 'directory',
    operandsMax: 1,
    load: () => import('./commands/verify.ts'),
  }),
]

type Parts = Partial<Omit<CommandSpec, 'name' | 'summary'>> & Pick<CommandSpec, 'load'>

function command(name: string, summary: string, parts: Parts): CommandSpec {
  return {
    name,
    summary,
    operand: 'none',
    operandsMin: 0,
    operandsMax: 0,
    verbs: [],
    ...parts,
    options: [...(parts.options ?? []), HELP],
  }
}
