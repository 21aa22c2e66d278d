import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { neighbour } from '../support/neighbours.ts'
import { TEST_POLICY } from '../support/policy.ts'
import type { PtyShell } from '../support/pty.ts'
import { askedLines, readRecord } from '../support/record.ts'
import { forgetSaid, said, startShell, testedProgram } from '../support/shell-rc.ts'
import type { HookedShell } from '../support/shell-rc.ts'
import { BOTH } from './run-case.ts'

/**
 * Beside the real programs that hook into the same places, loaded before the hook and after it. `scripts/test-shells`
 * fetches them; VS Code's scripts and bash-preexec are where CMDAID_TEST_VSCODE (the folder) and CMDAID_TEST_BASH_PREEXEC say.
 */

const { stdout } = spawnSync(testedProgram('bash'), ['-c', 'echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))'], {
  encoding: 'utf8',
})
const hasDebugTrap = Number(stdout) < 503

type Neighbour = {
  readonly name: string
  readonly needs: readonly ReturnType<typeof neighbour>[]
  /** What is written into the rc file. */
  readonly load: Partial<Record<HookedShell, string>>
  readonly env?: Readonly<Record<string, string>>
  /** After the lines that all of them get. */
  readonly also?: (pty: PtyShell, t: Test) => Promise<void>
  readonly alsoSaid?: readonly string[]
}

const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

const under = (...names: readonly string[]): string => join(home.dir, ...names)
mkdirSync(under('project'))
writeFileSync(under('project', '.envrc'), 'export FROM_ENVRC=yes\n')
writeFileSync(
  under('starship.toml'),
  `format = "$status$cmd_duration@@> "
[status]
disabled = false
format = "<$status>"
[cmd_duration]
min_time = 300
format = "<took>"
`,
)
mkdirSync(under('config', 'atuin'), { recursive: true })
writeFileSync(under('config', 'atuin', 'config.toml'), 'update_check = false\nauto_sync = false\n')

const [starship, atuin, direnv, fzf] = ['starship', 'atuin', 'direnv', 'fzf'].map((name) => neighbour(name))
const given = (name: string, variable: string): ReturnType<typeof neighbour> =>
  process.env[variable] === undefined
    ? { name, version: '', path: null, skip: `set ${variable} to it to test it` }
    : neighbour(name, variable)
const vscode = given("VS Code's scripts", 'CMDAID_TEST_VSCODE')
const preexec = given('bash-preexec', 'CMDAID_TEST_BASH_PREEXEC')

const NEIGHBOURS: readonly Neighbour[] = [
  {
    name: 'starship',
    needs: [starship!],
    load: { bash: 'eval "$(starship init bash)"', zsh: 'eval "$(starship init zsh)"' },
    env: { STARSHIP_CONFIG: under('starship.toml') },
    also: async (pty, t) => {
      t.match(await pty.line('(exit 5)'), /<5>(?!<took>)/)
      t.match(await pty.line('sleep 0.4'), /[^>]<took>/)
      t.notMatch(await pty.line('say shown'), /<took>|<\d+>/)
    },
    alsoSaid: ['shown'],
  },
  {
    name: 'atuin',
    needs: [atuin!],
    load: { zsh: 'eval "$(atuin init zsh)"' },
    env: { ATUIN_NOBIND: '1' },
    also: seenByAtuin,
    alsoSaid: ['1 1 1'],
  },
  {
    name: 'atuin, with bash-preexec',
    needs: [atuin!, preexec],
    load: { bash: `source '${preexec.path}'; eval "$(atuin init bash)"` },
    env: { ATUIN_NOBIND: '1' },
    also: seenByAtuin,
    alsoSaid: ['1 1 1'],
  },
  {
    name: 'direnv',
    needs: [direnv!],
    load: { bash: 'eval "$(direnv hook bash)"', zsh: 'eval "$(direnv hook zsh)"' },
    also: async (pty) => {
      await pty.line(`direnv allow '${under('project')}'`)
      await pty.line(`cd '${under('project')}'; DENYME`)
      await pty.line('say "not ${FROM_ENVRC-yet}"')
      await pty.line(`cd '${under('project')}'`)
      await pty.line('say "now $FROM_ENVRC"; DENYME')
      await pty.line('say "now $FROM_ENVRC"')
      await pty.line('cd /')
      await pty.line('say "not ${FROM_ENVRC-any more}"')
    },
    alsoSaid: ['not yet', 'now yes', 'not any more'],
  },
  {
    name: 'fzf',
    needs: [fzf!],
    load: { bash: 'eval "$(fzf --bash)"', zsh: 'eval "$(fzf --zsh)"' },
    env: { FZF_DEFAULT_OPTS: '--height=10 --prompt=FIND:' },
    also: async (pty) => {
      for (const found of ["'say fuzzy", "'DENYME fuzzy"]) {
        await pty.line(`${found.slice(1)} && say of fzf`)
        pty.type('\x12')
        await pty.waitForText('FIND:')
        pty.type(`${found}\r`)
        await pty.waitForPrompt()
        await pty.line('')
      }
    },
    alsoSaid: ['fuzzy', 'of fzf', 'fuzzy', 'of fzf'],
  },
  {
    name: 'bash-preexec',
    needs: [preexec],
    load: { bash: `source '${preexec.path}'; preexec_functions+=(seen_preexec); seen_preexec() { seen+=("$1"); }` },
    also: async (pty) => {
      await pty.line(`say "$(printf '%s\\n' "\${seen[@]}" | grep -cx 'say end')"`)
    },
    alsoSaid: ['1'],
  },
  {
    name: "VS Code's shell integration",
    needs: [vscode],
    load: {
      bash: `source '${vscode.path}/shellIntegration-bash.sh'`,
      zsh: `USER_ZDOTDIR=$ZDOTDIR; source '${vscode.path}/shellIntegration-rc.zsh'`,
    },
    env: { TERM_PROGRAM: 'vscode', VSCODE_NONCE: 'nonce', VSCODE_STABLE: '1' },
    also: async (pty, t) => {
      const shown = (await pty.line('say marked; (exit 7)')).replaceAll('\x1b]633;', '<').replaceAll('\x07', '>')
      // From 5.3 on bash judges in PS0, whose commands fire its DEBUG trap like any others: the order is another one.
      const order =
        hasDebugTrap || !t.name.startsWith('bash') ? /<E;say marked\\x3b \(exit 7\);nonce><C>.*<D;7>/s : /<D;7>/
      t.match(shown, order)
    },
    alsoSaid: ['marked'],
  },
  {
    name: 'starship and direnv and fzf',
    needs: [starship!, direnv!, fzf!],
    load: {
      bash: 'eval "$(fzf --bash)"; eval "$(direnv hook bash)"; eval "$(starship init bash)"',
      zsh: 'eval "$(fzf --zsh)"; eval "$(direnv hook zsh)"; eval "$(starship init zsh)"',
    },
    env: { STARSHIP_CONFIG: under('starship.toml') },
  },
]

let sessions = 0
for (const { name, needs, load, env = {}, also, alsoSaid = [] } of NEIGHBOURS) {
  const path = [...needs.flatMap(({ path }) => (path === null ? [] : [dirname(path)])), home.env['PATH']].join(
    delimiter,
  )
  const skip = needs.map((one) => one.skip).find((reason) => reason !== false) ?? false
  for (const shell of BOTH) {
    const code = load[shell]
    if (code === undefined) continue
    for (const where of ['before', 'after'] as const) {
      await t.test(`${shell}: ${name}, loaded ${where} the hook`, { skip }, async (t) => {
        forgetSaid(home)
        const before = (await readRecord(home)).length
        const history = shell === 'zsh' ? 'HISTSIZE=100; setopt interactivecomments' : 'HISTCONTROL='
        await using pty = await startShell(shell, home, {
          [where]: `${code}\n`,
          ...(where === 'before' ? { after: history } : { after: `${code}\n${history}\n` }),
          env: { PATH: path, XDG_DATA_HOME: under(`data-${(sessions += 1)}`), ...env },
        })
        const lines = ['say a', 'DENYME; say no', 'say b; (exit 3)', 'say $?', ' DENYME && say no', 'WARNME']
        for (const line of lines) await pty.line(line)
        pty.paste('say p\nDENYME\nsay q')
        await pty.line('')
        await pty.line('say end')
        const pasted = shell === 'bash' ? ['p', 'q'] : []
        const listed = shell === 'bash' ? 'history' : 'fc -l 1'
        await pty.line(`say "$(${listed} | grep -c 'DENYME; say n[o]')"`)
        await also?.(pty, t)
        t.same(said(home), ['a', 'b', '3', 'WARNME ran', ...pasted, 'end', '1', ...alsoSaid])
        t.notMatch(pty.transcript, /unchecked|__cmdaid_(?!line_refused|stop)|not found|rror:/)
        const asked = askedLines((await readRecord(home)).slice(before)).map(String)
        for (const line of lines) t.equal(asked.filter((one) => one === line).length, 1, `${line} was asked about once`)
        if (t.counts.fail > 0) t.comment(pty.transcript)
      })
    }
  }
}

/** What ran is in its history once, what was refused at most once. */
async function seenByAtuin(pty: PtyShell): Promise<void> {
  const times = (line: string): string => `$(atuin history list --cmd-only | grep -cxF ${line})`
  await pty.line(`say "${times("'say a'")} $((${times("'DENYME; say no'")} < 2)) ${times("'say b; (exit 3)'")}"`)
}
