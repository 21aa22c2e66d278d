/** Download to a file or the terminal, and upload as well. */
const TRANSFER_CLIENTS = [
  'curl',
  'wget',
  'wget2',
  'aria2c',
  'fetch',
  'http',
  'https',
  'httpie',
  'xh',
  'curlie',
  'invoke-webrequest',
  'invoke-restmethod',
  'start-bitstransfer',
] as const

/** Programs that do the same kind of thing, so that a rule need not list them. Names without version numbers. */
export const PROGRAM_CLASSES = {
  /** Runs text as shell commands. */
  shell: [
    'sh',
    'bash',
    'zsh',
    'dash',
    'ksh',
    'mksh',
    'ash',
    'fish',
    'tcsh',
    'csh',
    'rbash',
    'pwsh',
    'powershell',
    'eval',
    'source',
    '.',
    'invoke-expression',
  ],
  /** Runs text in another language. */
  interpreter: [
    'python',
    'pypy',
    'perl',
    'ruby',
    'node',
    'nodejs',
    'deno',
    'bun',
    'php',
    'lua',
    'luajit',
    'tclsh',
    'awk',
    'gawk',
    'mawk',
    'osascript',
    'Rscript',
    'julia',
    'groovy',
    'jshell',
  ],
  /** Fetches a file from elsewhere and can print it. */
  downloader: [...TRANSFER_CLIENTS, 'lynx', 'links', 'w3m', 'lwp-request', 'GET', 'axel'],
  /** Sends or receives over a network. */
  network: [
    ...TRANSFER_CLIENTS,
    'nc',
    'ncat',
    'netcat',
    'socat',
    'telnet',
    'ftp',
    'sftp',
    'tftp',
    'lftp',
    'scp',
    'rsync',
    'ssh',
    'rclone',
    'openssl',
    'croc',
    'mail',
    'sendmail',
  ],
  /** Runs another command with more rights. */
  privilege: ['sudo', 'doas', 'su', 'pkexec', 'run0', 'gosu', 'su-exec'],
} as const satisfies Record<string, readonly string[]>

export type ProgramClass = keyof typeof PROGRAM_CLASSES

/** `python` for `python3.12`, `gcc` for `gcc-13`: a rule that names a program means each of its versions. */
export function withoutVersion(program: string): string {
  const last = program.charCodeAt(program.length - 1)
  if (last < 48 || last > 57) return program
  return /^(.*?[^0-9.-])-?[0-9.]+$/.exec(program)?.[1] ?? program
}
