import t from 'tap'
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR, type TemporaryHome } from '../../support/home.ts'
import { runCmdaid, snapshot, writeFiles } from '../../support/installed.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { PtyShell } from '../../support/pty.ts'
import { forgetSaid, PROMPT, said, sayLog } from '../../support/shell-rc.ts'
import { FishShell } from '../fish/fish-shell.ts'

t.setTimeout(240_000)

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0
const SHELLS = ['bash', ...(has('zsh') ? ['zsh'] : []), ...(has('fish') ? ['fish'] : [])]

/** Start files as people have them: login shells do not read the interactive one, and strict settings stay on. */
function startFiles(home: TemporaryHome): Readonly<Record<string, string>> {
  const posix = `say() { builtin printf '%s\\n' "$*" >>'${sayLog(home)}'; }\nDENYME() { say DENYME ran; }\n`
  const fish = [
    'set -g fish_greeting; set -g t_prompts 0',
    'function t_prompt --on-event fish_prompt; set -g t_prompts (math $t_prompts + 1); end',
    'function fish_prompt; printf "@%s@> " $t_prompts; end',
    `function say; builtin printf '%s\\n' "$argv" >>'${sayLog(home)}'; end`,
    'function DENYME; say DENYME ran; end',
    // The hook was loaded before: on a busy machine a test must not take slowness for silence.
    'set -g __cmdaid_wait 10000',
  ]
  return {
    '.bashrc': `PS1='${PROMPT}'\n${posix}`,
    '.profile': `PS1='${PROMPT}'\n${posix}echo as a login shell`,
    '.zshrc': `PROMPT='${PROMPT}' PROMPT_SP=\nunsetopt prompt_cr prompt_sp beep\nbindkey -e\nsetopt nounset\n${posix}`,
    'config/fish/config.fish': `${fish.join('\n')}\n`,
  }
}

/** What comes behind our lines: patience, for a busy machine. */
const PATIENCE = '__cmdaid_wait=10.000000\n'

const STARTS: Readonly<Record<string, readonly (readonly [string, ...string[]])[]>> = {
  bash: [['bash'], ['bash', '--login']],
  zsh: [
    ['zsh', '-d'],
    ['zsh', '-d', '--login'],
  ],
}

/** Types a line that is refused between two that are not; returns what ran. */
async function tried(
  t: { readonly notMatch: (text: string, pattern: RegExp) => void },
  home: TemporaryHome,
  shell: string,
): Promise<string[][]> {
  const { env } = home
  const all: string[][] = []
  for (const command of STARTS[shell] ?? []) {
    forgetSaid(home)
    await using pty = await PtyShell.start({ command: [...command, '-i'], env, cwd: home.dir, prompt: PROMPT })
    t.notMatch(pty.transcript.replace('as a login shell', ''), /[a-z]{3}/)
    for (const line of ['say one', 'DENYME', 'say two']) await pty.line(line)
    all.push([...said(home)])
  }
  if (shell === 'fish') {
    forgetSaid(home)
    await using fish = await FishShell.start(home, {
      program: 'fish',
      hook: false,
      env: { XDG_CONFIG_HOME: env['XDG_CONFIG_HOME'] ?? '' },
    })
    for (const line of ['say one', 'DENYME', 'say two']) await fish.line(line)
    all.push([...said(home)])
  }
  return all
}

const FREE = ['one', 'DENYME ran', 'two']
const GUARDED = ['one', 'two']

t.test('shells that start after install are guarded, and after uninstall they are free', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  writeFiles(home.dir, startFiles(home))
  await using _daemon = await TestDaemon.start(home)
  const options = { env: home.env }
  t.match(runCmdaid(home, ['install', '--no-service', '--shell', SHELLS.join(',')], options), { status: 0, stderr: '' })
  for (const name of ['.bashrc', '.profile', '.zshrc']) appendFileSync(join(home.dir, name), PATIENCE)
  for (const shell of SHELLS) {
    const ran = await tried(t, home, shell)
    t.ok(ran.length > 0)
    t.strictSame(
      ran,
      ran.map(() => GUARDED),
      shell,
    )
  }
  t.match(runCmdaid(home, ['uninstall', '--no-service'], options), { status: 0, stderr: '' })
  for (const shell of SHELLS) {
    const ran = await tried(t, home, shell)
    t.strictSame(
      ran,
      ran.map(() => FREE),
      shell,
    )
  }
  const after = snapshot(home.dir)
  t.strictSame(
    [...after.keys()].filter((name) => /\.cmdaid|cmdaid\.fish|state\/cmdaid\/install/.test(name)),
    [],
    'nothing of ours is left',
  )
  for (const [name, text] of Object.entries(startFiles(home))) {
    // What we wrote behind the lines ourselves stays; the last line of .profile keeps the end that it got for it.
    const expected = name.startsWith('.') ? `${text}${text.endsWith('\n') ? '' : '\n'}${PATIENCE}` : text
    t.equal(readFileSync(join(home.dir, name), 'utf8'), expected, name)
  }
})

t.test('when the program is gone, every shell starts as if it had never been there', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  writeFiles(home.dir, startFiles(home))
  const copy = join(home.dir, 'program')
  mkdirSync(copy)
  for (const part of ['src', 'shell-hooks', 'systemd', 'launchd', 'package.json'])
    spawnSync('cp', ['-r', join(PROJECT_DIR, part), copy])
  symlinkSync(join(PROJECT_DIR, 'node_modules'), join(copy, 'node_modules'))
  const options = { env: home.env, program: join(copy, 'src/main.ts') }
  t.equal(runCmdaid(home, ['install', '--no-service', '--shell', SHELLS.join(',')], options).status, 0)
  renameSync(copy, join(home.dir, 'elsewhere'))
  t.notOk(existsSync(copy))
  for (const shell of SHELLS) {
    const ran = await tried(t, home, shell)
    t.strictSame(
      ran,
      ran.map(() => FREE),
      shell,
    )
  }
  for (const command of [
    ['dash', '-c', '. ~/.profile'],
    ['bash', '--norc', '-euo', 'pipefail', '-c', '. ~/.bashrc; . ~/.profile'],
  ]) {
    const [program = '', ...words] = command
    const ran = spawnSync(program, words, { env: home.env, encoding: 'utf8' })
    t.match(ran, { status: 0, stderr: '' }, program)
  }
})
