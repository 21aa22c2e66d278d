import t from 'tap'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hookFiles } from '../../../src/cli/install/hook-files.ts'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome, type TemporaryHome } from '../../support/home.ts'
import { runCmdaid, snapshot, writeFiles } from '../../support/installed.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { PtyShell } from '../../support/pty.ts'
import { askedLines, readRecord } from '../../support/record.ts'
import { forgetSaid, PROMPT, said, sayLog } from '../../support/shell-rc.ts'
import { FishShell } from '../fish/fish-shell.ts'
import { findPowerShell, powerShellEnvironment } from '../powershell/start-powershell.ts'
import { copyProgram } from '../../support/copy-program.ts'

t.setTimeout(240_000)

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0
const powerShell = findPowerShell()
const pwsh = 'program' in powerShell ? powerShell.program : null
if (pwsh === null) t.comment('skip' in powerShell ? powerShell.skip : '')

const SHELLS = [
  'bash',
  ...(has('zsh') ? ['zsh'] : []),
  ...(has('fish') ? ['fish'] : []),
  ...(pwsh === null ? [] : ['powershell']),
]

/** Names of PowerShell have no case: the daemon compares them in small letters. */
const POLICY = TEST_POLICY.replace('program: DENYME', 'program: [DENYME, denyme]')

/** Start files as people have them: a login shell that does not read the interactive one, strict settings, no last line end. */
function startFiles(home: TemporaryHome): Readonly<Record<string, string>> {
  const posix = `say() { builtin printf '%s\\n' "$*" >>'${sayLog(home)}'; }\nDENYME() { say DENYME ran; }\n`
  const fish = [
    'set -g fish_greeting; set -g t_prompts 0',
    'function t_prompt --on-event fish_prompt; set -g t_prompts (math $t_prompts + 1); end',
    'function fish_prompt; printf "@%s@> " $t_prompts; end',
    `function say; builtin printf '%s\\n' "$argv" >>'${sayLog(home)}'; end`,
    'function DENYME; say DENYME ran; end',
  ]
  const profile = [
    `function prompt { '${PROMPT}' }`,
    `function say { [IO.File]::AppendAllText('${sayLog(home)}', "$args\`n") }`,
    'function DENYME { say DENYME ran }',
  ]
  return {
    '.bashrc': `PS1='${PROMPT}'\n${posix}`,
    '.profile': `PS1='${PROMPT}'\n${posix}echo as a login shell`,
    '.zshrc': `PROMPT='${PROMPT}' PROMPT_SP=\nunsetopt prompt_cr prompt_sp beep\nbindkey -e\nsetopt nounset\n${posix}`,
    'config/fish/config.fish': `${fish.join('\n')}\n`,
    'config/powershell/Microsoft.PowerShell_profile.ps1': profile.join('\r\n'),
  }
}

const STARTS: Readonly<Record<string, readonly (readonly [string, ...string[]])[]>> = {
  bash: [
    ['bash', '-i'],
    ['bash', '--login', '-i'],
  ],
  zsh: [
    ['zsh', '-d', '-i'],
    ['zsh', '-d', '--login', '-i'],
  ],
  powershell: pwsh === null ? [] : [[pwsh, '-NoLogo']],
}

const LINES = ['say one', 'DENYME', 'say two']
const FREE = ['one', 'DENYME ran', 'two']
const GUARDED = ['one', 'two']

/** Types a line that is refused between two that are not, in each way of starting the shell; returns what ran, and what start-up printed. */
async function tried(home: TemporaryHome, shell: string): Promise<{ ran: string[][]; shown: string }> {
  const ran: string[][] = []
  let shown = ''
  const config = home.env['XDG_CONFIG_HOME'] ?? ''
  for (const command of STARTS[shell] ?? []) {
    forgetSaid(home)
    const env = shell === 'powershell' ? powerShellEnvironment(home, config) : home.env
    await using pty = await PtyShell.start({ command, env, cwd: home.dir, prompt: PROMPT })
    shown += pty.transcript
    for (const line of LINES) await pty.line(line)
    ran.push([...said(home)])
  }
  if (shell === 'fish') {
    forgetSaid(home)
    await using fish = await FishShell.start(home, { program: 'fish', hook: false, env: { XDG_CONFIG_HOME: config } })
    shown += fish.transcript
    for (const line of LINES) await fish.line(line)
    ran.push([...said(home)])
  }
  return { ran, shown }
}

t.test('shells that start after install are guarded, and after uninstall they are free', async (t) => {
  using home = makeTemporaryHome({ policy: POLICY })
  writeFiles(home.dir, startFiles(home))
  const options = { env: home.env, program: join(copyProgram(home), 'src/main.ts') }
  await using _daemon = await TestDaemon.start(home)
  t.match(runCmdaid(home, ['install', '--no-service', '--shell', SHELLS.join(',')], options), { status: 0, stderr: '' })
  for (const shell of SHELLS) {
    const { ran, shown } = await tried(home, shell)
    t.strictSame({ shell, ran }, { shell, ran: ran.map(() => GUARDED) })
    t.ok(ran.length > 0)
    t.notMatch(shown, /cmdaid/, 'nothing is printed while a shell starts')
  }
  t.match(runCmdaid(home, ['uninstall', '--no-service'], options), { status: 0, stderr: '' })
  for (const shell of SHELLS) {
    const { ran } = await tried(home, shell)
    t.strictSame({ shell, ran }, { shell, ran: ran.map(() => FREE) })
  }
  for (const [name, text] of Object.entries(startFiles(home)))
    t.equal(readFileSync(join(home.dir, name), 'utf8'), text, name)
  const left = [...snapshot(home.dir, ['program']).keys()].filter((name) =>
    /conf\.d|state\/cmdaid\/install|\.zshenv/.test(name),
  )
  t.strictSame(left, [], 'nothing else of ours is left')
})

t.test('when the program is gone, every shell starts as if it had never been there', async (t) => {
  using home = makeTemporaryHome({ policy: POLICY })
  writeFiles(home.dir, startFiles(home))
  const copy = copyProgram(home)
  const words = ['install', '--no-service', '--non-interactive', '--shell', SHELLS.join(',')]
  t.equal(runCmdaid(home, words, { env: home.env, program: join(copy, 'src/main.ts') }).status, 0)
  renameSync(copy, join(home.dir, 'elsewhere'))
  t.notOk(existsSync(copy))
  for (const shell of SHELLS) {
    const { ran, shown } = await tried(home, shell)
    t.strictSame({ shell, ran }, { shell, ran: ran.map(() => FREE) })
    t.notMatch(shown, /cmdaid/i)
  }
  for (const [program, ...rest] of [
    ['dash', '-euc', '. ~/.profile'],
    ['bash', '--norc', '-euo', 'pipefail', '-c', '. ~/.bashrc; . ~/.profile'],
    ['bash', '--login', '-c', 'bash -c :'],
    ['zsh', '-euc', ':'],
  ] as const) {
    if (program === 'zsh' && !SHELLS.includes('zsh')) continue
    t.match(spawnSync(program, rest, { env: home.env, encoding: 'utf8' }), { status: 0, stderr: '' }, rest.join(' '))
  }
})

/** Runs a text as an agent would; the first word names what it leaves when it runs. */
const WITHOUT_PERSON: Readonly<Record<string, (text: string) => readonly [string, ...string[]]>> = {
  bash: (text) => ['bash', '-lc', text],
  zsh: (text) => ['zsh', '-c', text],
  fish: (text) => ['fish', '-c', text],
  powershell: (text) => [pwsh ?? '', '-Command', text],
}

t.test('with --non-interactive, shells that no person types into are guarded as policy says', async (t) => {
  const policy = POLICY.replace('rules:', 'non_interactive: enforce\nrules:')
  using home = makeTemporaryHome({ policy })
  writeFiles(home.dir, startFiles(home))
  const program = copyProgram(home)
  const options = { env: home.env, program: join(program, 'src/main.ts') }
  const guarded = SHELLS.filter((shell) => hookFiles(shell as 'bash').guard !== null)
  t.ok(guarded.length > 0, guarded.join(' '))
  await using daemon = await TestDaemon.start(home)
  const run = (shell: string): { status: number | null; ran: boolean; explained: boolean } => {
    const file = join(home.dir, 'ran')
    const text = shell === 'powershell' ? `New-Item '${file}'; DENYME` : `mkdir '${file}'; DENYME`
    const [command = '', ...words] = WITHOUT_PERSON[shell]?.(text) ?? []
    const env = shell === 'powershell' ? powerShellEnvironment(home, home.env['XDG_CONFIG_HOME'] ?? '') : home.env
    const { status, stderr } = spawnSync(command, words, { cwd: dirname(file), env, encoding: 'utf8' })
    const ran = existsSync(file)
    spawnSync('rm', ['-rf', file])
    return { status, ran, explained: stderr.includes('cmdaid: denied: The test says no.') }
  }
  t.match(runCmdaid(home, ['install', '--no-service', '--non-interactive', '--shell', guarded.join(',')], options), {
    status: 0,
    stderr: '',
  })
  for (const shell of guarded)
    t.strictSame({ shell, ...run(shell) }, { shell, status: 126, ran: false, explained: true })
  await daemon.stop()
  t.equal(askedLines(await readRecord(home)).length, guarded.length, 'each was asked about once')
  await daemon.start()
  // Without the option the next time: what was for shells without a person goes.
  t.equal(runCmdaid(home, ['install', '--no-service', '--shell', guarded.join(',')], options).status, 0)
  t.notMatch(readFileSync(join(home.dir, '.profile'), 'utf8'), 'cmdaid-env')
  // The hook of bash sees to strings by itself where bash reads the file that loads it.
  for (const shell of guarded) if (shell !== 'bash') t.match(run(shell), { ran: true, explained: false }, shell)
  runCmdaid(home, ['uninstall', '--no-service'], options)
  for (const [name, text] of Object.entries(startFiles(home)))
    t.equal(readFileSync(join(home.dir, name), 'utf8'), text, name)
  t.notOk(existsSync(join(home.dir, '.zshenv')))
})
