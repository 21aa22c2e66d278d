/**
 * The tour of README.md: builds, starts a daemon on a private temporary home, and opens an instrumented shell in it. With
 * `--script`, or without a terminal, the tour is typed into a real terminal by this program, which checks each promise by what
 * happened and not only by what was printed. Nothing outside the temporary folder and `dist/` is written.
 *
 *   ./scripts/quickstart [--script] [--shell bash|zsh]
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { makeTemporaryHome, PROJECT_DIR, type TemporaryHome } from '../test/support/home.ts'
import { PtyShell } from '../test/support/pty.ts'
import { until } from '../test/support/until.ts'

const PROMPT = 'tour$ '
const ESCAPE = String.fromCharCode(27)
const BACKSPACE = String.fromCharCode(8)
const NODE = join(PROJECT_DIR, 'node_modules/node/bin/node')
const PROGRAM = join(PROJECT_DIR, 'dist/main.js')

const TOUR = `
  cmdaid judges each line that you type here, before it runs. This shell has a home of its own, so try it:

    touch allowed.txt        runs; you notice nothing
    chmod -R 777 shared      runs, with a warning that says why
    rm -rf ~                 does not run: rule, reason, and what to do instead
    cmdaid log               what was run, and what was refused
    cmdaid verify            is that record what it was when it was written?
    exit                     ends the tour
`

const { values: options } = parseArgs({
  options: { script: { type: 'boolean', default: false }, shell: { type: 'string', default: 'bash' } },
})
if (options.shell !== 'bash' && options.shell !== 'zsh') {
  process.stderr.write(
    `cmdaid: error: no tour for ${JSON.stringify(options.shell)}\ncmdaid: hint: --shell bash or --shell zsh\n`,
  )
  process.exit(2)
}
if (spawnSync(options.shell, ['--version']).status !== 0) {
  process.stderr.write(
    `cmdaid: error: ${options.shell} is not installed\ncmdaid: hint: choose the other shell with --shell\n`,
  )
  process.exit(1)
}
const shellName = options.shell
const scripted = options.script || !process.stdin.isTTY || !process.stdout.isTTY

process.stderr.write('cmdaid: building\n')
if (spawnSync(NODE, ['scripts/build.ts'], { cwd: PROJECT_DIR, stdio: 'inherit' }).status !== 0) process.exit(1)

const tourHome = makeTemporaryHome({ prefix: 'cmdaid-quickstart-' })
furnish(tourHome)
const daemon = await startDaemon(tourHome)
let failures: readonly string[] = []
try {
  if (scripted) failures = await typeTour(tourHome)
  else await openShell(tourHome)
} finally {
  daemon.kill('SIGTERM')
  await until('the daemon to stop', () => daemon.exitCode !== null || daemon.signalCode !== null)
}
if (scripted && daemon.exitCode !== 0)
  failures = [...failures, `the daemon ended with ${daemon.exitCode ?? daemon.signalCode}`]
process.stderr.write(`\ncmdaid: the tour's home, with its log, is ${tourHome.dir}\n`)
for (const failure of failures) process.stderr.write(`cmdaid: error: ${failure}\n`)
if (scripted && failures.length === 0) process.stderr.write('cmdaid: everything was as promised\n')
process.exitCode = failures.length === 0 ? 0 : 1

/** The program on PATH, the shell's start-up file, and something to lose. */
function furnish({ dir, env }: TemporaryHome): void {
  mkdirSync(join(dir, 'bin'))
  writeFileSync(join(dir, 'bin/cmdaid'), `#!/bin/sh\nexec '${NODE}' '${PROGRAM}' "$@"\n`)
  chmodSync(join(dir, 'bin/cmdaid'), 0o755)
  mkdirSync(join(dir, 'shared'))
  writeFileSync(join(dir, 'precious.txt'), 'still here\n')
  const rc = [
    `PATH='${join(dir, 'bin')}:${env['PATH'] ?? ''}'`,
    shellName === 'bash' ? `PS1='${PROMPT}'` : `PROMPT='${PROMPT}'; unsetopt prompt_cr prompt_sp`,
    `eval "$(cmdaid init ${shellName})"`,
    '',
  ]
  writeFileSync(join(dir, shellName === 'bash' ? '.bashrc' : '.zshrc'), rc.join('\n'))
}

function shellCommand({ dir }: TemporaryHome): [string, ...string[]] {
  return shellName === 'bash' ? ['bash', '--noprofile', '--rcfile', join(dir, '.bashrc'), '-i'] : ['zsh', '-d', '-i']
}

function shellEnv({ dir, env }: TemporaryHome): Record<string, string> {
  return { ...env, ZDOTDIR: dir }
}

async function startDaemon({ dir, env }: TemporaryHome): Promise<ChildProcess> {
  const child = spawn(NODE, [PROGRAM, 'daemon'], { cwd: dir, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
  }
  await until('the daemon to serve', () => output.includes('cmdaid daemon ready') || child.exitCode !== null, {
    detail: () => output,
  })
  if (child.exitCode !== null) throw new Error(`the daemon did not start:\n${output}`)
  return child
}

async function openShell(home: TemporaryHome): Promise<void> {
  process.stdout.write(`${TOUR}\n`)
  const [program, ...args] = shellCommand(home)
  const shell = spawn(program, args, { cwd: home.dir, env: shellEnv(home), stdio: 'inherit' })
  // Ctrl-C belongs to the shell and what runs in it.
  process.on('SIGINT', () => {})
  await new Promise((resolve) => shell.once('close', resolve))
}

/** A transcript without what only a terminal understands; colours are kept for a terminal. */
function readable(transcript: string): string {
  const text = transcript
    .replaceAll(new RegExp(`${ESCAPE}\\[\\?2004[hl]\\r?`, 'g'), '')
    // zsh draws the first letter of a line twice.
    .replaceAll(new RegExp(`.${BACKSPACE}`, 'g'), '')
    .replaceAll('\r\n', '\n')
  return process.stdout.isTTY ? text : stripVTControlCharacters(text)
}

/** Types the tour and returns the promises that were not kept. */
async function typeTour(home: TemporaryHome): Promise<string[]> {
  const broken: string[] = []
  const expect = (kept: boolean, promise: string): void => {
    if (!kept) broken.push(promise)
  }
  const shell = await PtyShell.start({
    command: shellCommand(home),
    env: shellEnv(home),
    cwd: home.dir,
    prompt: PROMPT,
    columns: 140,
  })
  try {
    await shell.line('touch allowed.txt')
    expect(existsSync(join(home.dir, 'allowed.txt')), 'an allowed command runs')

    const warned = await shell.line('chmod -R 777 shared && touch warned.txt')
    expect(existsSync(join(home.dir, 'warned.txt')), 'a warned command runs')
    expect(/cmdaid: warning: .*everybody/.test(warned), 'a warning says why')

    const denied = await shell.line('rm -rf ~; touch not-run.txt')
    expect(existsSync(join(home.dir, 'precious.txt')), 'a denied command does not run')
    expect(!existsSync(join(home.dir, 'not-run.txt')), 'nothing of a denied line runs')
    expect(/cmdaid: denied: /.test(denied) && denied.includes('fs.delete-system'), 'a refusal names its rule')

    const log = await shell.line('cmdaid log')
    expect(/rm -rf ~/.test(log.slice(log.indexOf('\n'))) && log.includes('den'), 'the log shows the refused command')

    const verified = await shell.line('cmdaid verify; echo "exit status $?"')
    expect(verified.includes('UNANCHORED') && verified.includes('exit status 2'), 'a log that nobody vouches for is UNANCHORED, exit 2') // prettier-ignore

    const consistent = await shell.line('cmdaid verify --require consistent >/dev/null 2>&1; echo "exit status $?"')
    expect(consistent.includes('exit status 0'), 'the log is consistent with itself')
    shell.type('exit\r')
    await shell.waitForExit()
  } finally {
    process.stdout.write(`${readable(shell.transcript)}\n`)
    await shell[Symbol.asyncDispose]()
  }
  return broken
}
