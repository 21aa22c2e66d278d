import t from 'tap'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { bashCompletion, fishCompletion, zshCompletion } from '../../src/cli/completion.ts'
import { makeTemporaryHome, type TemporaryHome } from '../support/home.ts'
import { PtyShell } from '../support/pty.ts'

t.test('nothing in the command table needs quoting in a completion', async (t) => {
  const texts = COMMANDS.flatMap((spec) => [spec, ...spec.verbs]).flatMap(({ name, summary, options }) => [
    name,
    summary,
    ...options.flatMap((option) => [
      option.name,
      option.summary,
      ...(typeof option.value === 'object' && option.value !== null ? option.value : []),
    ]),
  ])
  t.strictSame(
    texts.filter((text) => /['"\\[\]:$`]/.test(text)),
    [],
  )
})

function bashCompletes(home: TemporaryHome, words: readonly string[]): string[] {
  const script = `${bashCompletion()}
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _cmdaid
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const ran = spawnSync('bash', ['--norc', '-uc', script], { cwd: home.dir, encoding: 'utf8' })
  t.equal(ran.stderr, '')
  return ran.stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
    .sort()
}

t.test('bash completes commands, verbs, options, their values and files', async (t) => {
  using home = makeTemporaryHome()
  writeFileSync(join(home.dir, 'good.yaml'), '')
  mkdirSync(join(home.dir, 'goods'))
  t.strictSame(
    {
      commands: bashCompletes(home, ['cmdaid', 'co']),
      verbs: bashCompletes(home, ['cmdaid', 'policy', 'v']),
      options: bashCompletes(home, ['cmdaid', 'check', '--s']),
      values: bashCompletes(home, ['cmdaid', 'log', '--decision', 'de']),
      shells: bashCompletes(home, ['cmdaid', 'init', '']),
      files: bashCompletes(home, ['cmdaid', 'policy', 'test', 'go']),
      directories: bashCompletes(home, ['cmdaid', 'check', '--cwd', 'go']),
      several: bashCompletes(home, ['cmdaid', 'install', '--shell', 'bash,z']),
      free: bashCompletes(home, ['cmdaid', 'log', '--text', '']),
      behindTheSeparator: bashCompletes(home, ['cmdaid', 'check', '--', 'l']),
    },
    {
      commands: ['completion'],
      verbs: ['validate'],
      options: ['--shell'],
      values: ['deny'],
      shells: ['--help', '-h', 'bash', 'fish', 'powershell', 'zsh'],
      files: ['good.yaml', 'goods'],
      directories: ['goods'],
      several: ['bash,zsh'],
      free: [],
      behindTheSeparator: [],
    },
  )
})

const withoutFish =
  spawnSync('fish', ['--version']).status !== 0 && 'fish is not installed here; scripts/test installs it'
const withoutZsh = spawnSync('zsh', ['--version']).status !== 0 && 'zsh is not installed here; scripts/test installs it'

t.test('fish completes commands, verbs, options and their values', { skip: withoutFish }, async (t) => {
  using home = makeTemporaryHome()
  const file = join(home.dir, 'cmdaid.fish')
  writeFileSync(file, fishCompletion())
  const complete = (line: string): string[] => {
    const ran = spawnSync('fish', ['--no-config', '-c', `source '${file}'; complete -C '${line}'`], {
      cwd: home.dir,
      env: home.env,
      encoding: 'utf8',
    })
    t.equal(ran.stderr, '')
    return ran.stdout
      .split('\n')
      .map((each) => each.split('\t')[0] ?? '')
      .filter((each) => each !== '')
  }
  t.strictSame(
    {
      commands: complete('cmdaid co'),
      verbs: complete('cmdaid policy v'),
      options: complete('cmdaid check --sh'),
      values: complete('cmdaid log --decision de'),
      shells: complete('cmdaid completion z'),
      several: complete('cmdaid install --shell bash,z'),
    },
    {
      commands: ['completion'],
      verbs: ['validate'],
      options: ['--shell'],
      values: ['deny'],
      shells: ['zsh'],
      several: ['bash,zsh'],
    },
  )
})

t.test('zsh completes commands, verbs, options and their values at a real prompt', { skip: withoutZsh }, async (t) => {
  using home = makeTemporaryHome()
  const prompt = '@@> '
  writeFileSync(join(home.dir, 'completion.zsh'), zshCompletion())
  writeFileSync(
    join(home.dir, '.zshrc'),
    `PROMPT='${prompt}' PROMPT_SP=\nunsetopt prompt_cr prompt_sp beep\nbindkey -e\nautoload -Uz compinit\ncompinit -u -D\nsource ./completion.zsh\n`,
  )
  await using shell = await PtyShell.start({
    command: ['zsh', '-d', '-i'],
    env: { ...home.env, ZDOTDIR: home.dir },
    cwd: home.dir,
    prompt,
  })
  // Tab completes the word; Ctrl-A and the rest make the line an argument of `print`, so that it can be read.
  const complete = async (line: string): Promise<string> => {
    const shown = await shell.line(`${line}\t\u0001print -r -- "[\u0005]"`)
    return /\r\n\[(.*?) *\]/.exec(shown)?.[1] ?? shown
  }
  t.strictSame(
    [
      await complete('cmdaid comp'),
      await complete('cmdaid policy v'),
      await complete('cmdaid check --sh'),
      await complete('cmdaid log --decision de'),
      await complete('cmdaid init z'),
      await complete('cmdaid install --shell bash,z'),
    ],
    [
      'cmdaid completion',
      'cmdaid policy validate',
      'cmdaid check --shell',
      'cmdaid log --decision deny',
      'cmdaid init zsh',
      'cmdaid install --shell bash,zsh',
    ],
  )
})
