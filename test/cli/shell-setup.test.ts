import t from 'tap'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadLine } from '../../src/cli/hook-file.ts'
import { addBlock } from '../../src/core/install/block.ts'
import { linesFor } from '../../src/core/install/lines.ts'
import { powerShellQuote } from '../../src/core/shell-quote.ts'
import { inspectShell, loadsHook } from '../../src/cli/shell-setup.ts'
import { makeTemporaryHome } from '../support/home.ts'

t.test('a start file loads the hook when a line of it runs init or sources the hook file', async (t) => {
  const cases: readonly (readonly [text: string, loads: boolean])[] = [
    ['eval "$(cmdaid init bash)"', true],
    ['  [[ -x ~/bin/cmdaid ]] && eval "$(~/bin/cmdaid init bash)"', true],
    ['eval "$("$HOME/a b/scripts/cmdaid" init bash)"', true],
    [`source '/opt/cmdaid/shell-hooks/cmdaid.bash'`, true],
    ['. /opt/cmdaid/shell-hooks/cmdaid.bash', true],
    ['# eval "$(cmdaid init bash)"', false],
    ['eval "$(cmdaid init zsh)"', false],
    ['echo cmdaid init', false],
    ['source /opt/cmdaid.bashful', false],
    ['', false],
  ]
  t.strictSame(
    cases.map(([text]) => loadsHook(`x=1\n${text}\ny=2`, 'bash')),
    cases.map(([, loads]) => loads),
  )
})

t.test('a PowerShell profile loads the hook when a line of it runs init or dot-sources the hook file', async (t) => {
  const cases: readonly (readonly [text: string, loads: boolean])[] = [
    ['cmdaid init powershell | Out-String | Invoke-Expression', true],
    [`. '/opt/it''s/shell-hooks/cmdaid.ps1'`, true],
    [`if (Test-Path $x) { try { . '/opt/cmdaid.ps1' } catch { } }`, true],
    [`# . '/opt/cmdaid.ps1'`, false],
    [`. '/opt/cmdaid.powershell'`, false],
    [`. '/opt/cmdaid-env.ps1'`, false],
  ]
  t.strictSame(
    cases.map(([text]) => loadsHook(text, 'powershell')),
    cases.map(([, loads]) => loads),
  )
})

t.test('the line that loads the hook is one that its shell reads back as it was meant', async (t) => {
  t.match(loadLine('bash'), /^source '\/.*\/shell-hooks\/cmdaid\.bash'$/)
  t.match(loadLine('powershell'), /^\. '\/.*\/shell-hooks\/cmdaid\.ps1'$/)
  t.equal(powerShellQuote('it\u2019s $x "y" `z'), `'it\u2019\u2019s $x "y" \`z'`)
})

t.test('inspectShell finds the program in PATH and the file that loads the hook', async (t) => {
  using home = makeTemporaryHome()
  const bin = join(home.dir, 'bin')
  mkdirSync(bin)
  for (const name of ['bash', 'zsh']) {
    writeFileSync(join(bin, name), '')
    chmodSync(join(bin, name), 0o755)
  }
  writeFileSync(join(bin, 'fish'), '', { mode: 0o644 })
  writeFileSync(join(home.dir, '.bash_profile'), 'eval "$(cmdaid init bash)"\n')
  const env = { PATH: `relative:${bin}`, ZDOTDIR: join(home.dir, 'z'), XDG_CONFIG_HOME: join(home.dir, 'c') }
  t.strictSame(
    [await inspectShell('bash', env, home.dir), await inspectShell('fish', env, home.dir)],
    [
      {
        shell: 'bash',
        program: join(bin, 'bash'),
        loadedBy: join(home.dir, '.bash_profile'),
        gone: null,
        loginMisses: null,
        startFile: join(home.dir, '.bashrc'),
      },
      {
        shell: 'fish',
        program: null,
        loadedBy: null,
        gone: null,
        loginMisses: null,
        startFile: join(home.dir, 'c/fish/config.fish'),
      },
    ],
  )
  t.equal((await inspectShell('zsh', env, home.dir)).startFile, join(home.dir, 'z/.zshrc'))
})

t.test('inspectShell knows the lines of install, and those that name a program which has moved', async (t) => {
  using home = makeTemporaryHome()
  const hook = join(home.dir, "it's/cmdaid.bash")
  const rc = join(home.dir, '.bashrc')
  const added = addBlock('a\n', linesFor('bash', { hook, guard: null }), { file: false, directories: 0 })
  if (!added.ok) throw new Error(added.error.problem)
  writeFileSync(rc, added.value)
  t.match(
    await inspectShell('bash', {}, home.dir),
    { loadedBy: rc, gone: null },
    'a path that cannot be read back is taken as it is',
  )
  for (const [text, missing] of [
    [added.value.replaceAll(`it'\\''s`, 'its'), join(home.dir, 'its/cmdaid.bash')],
    ['source /gone/cmdaid.bash\n', '/gone/cmdaid.bash'],
    ['. "/gone/cmdaid.bash"; x\n', '/gone/cmdaid.bash'],
  ] as const) {
    writeFileSync(rc, text)
    t.match(await inspectShell('bash', {}, home.dir), { loadedBy: null, gone: { file: rc, missing } })
    writeFileSync(join(home.dir, '.profile'), 'eval "$(cmdaid init bash)"\n')
    t.match(await inspectShell('bash', {}, home.dir), { loadedBy: join(home.dir, '.profile'), gone: null })
    rmSync(join(home.dir, '.profile'))
  }
})

t.test('inspectShell knows when a login bash does not reach the hook', async (t) => {
  using home = makeTemporaryHome()
  const file = (name: string): string => join(home.dir, name)
  const misses = async (): Promise<string | null> => (await inspectShell('bash', {}, home.dir)).loginMisses
  writeFileSync(file('.bashrc'), 'eval "$(cmdaid init bash)"\n')
  t.equal(await misses(), file('.profile'), 'there is none, and it would be this one')
  writeFileSync(file('.profile'), '# . ~/.bashrc\n')
  t.equal(await misses(), file('.profile'))
  writeFileSync(file('.profile'), 'if [ -f ~/.bashrc ]; then . "$HOME/.bashrc"; fi\n')
  t.equal(await misses(), null)
  writeFileSync(file('.bash_profile'), 'PATH=x\n')
  t.equal(await misses(), file('.bash_profile'), 'bash reads the first only')
  writeFileSync(file('.bash_profile'), 'eval "$(cmdaid init bash)"\n')
  t.equal(await misses(), null)
})
