import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Outcome } from '../../src/conformance/case.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../support/home.ts'

const HISTORY = 'said before\n'

t.test("every case that can be tried is met in a person's own zsh, and nothing of theirs is changed", async (t) => {
  using home = makeTemporaryHome()
  const theme = "setopt promptsubst; theme() { PROMPT='%F{blue}%~%f %# ' }; precmd_functions+=(theme)"
  writeFileSync(
    join(home.dir, '.zshrc'),
    `${theme}\nHISTFILE=~/.zsh_history SAVEHIST=100 HISTSIZE=100\nsource '${PROJECT_DIR}/shell-hooks/cmdaid.zsh'\n`,
  )
  writeFileSync(join(home.dir, '.zsh_history'), HISTORY)
  const temporary = join(home.dir, 'tmp')
  mkdirSync(temporary)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT_DIR, 'src/main.ts'), 'doctor', '--conformance', '--shell', 'zsh', '--json'],
    { env: { ...home.env, TMPDIR: temporary }, cwd: home.dir, encoding: 'utf8' },
  )
  t.equal(stderr, '')
  const report = JSON.parse(stdout) as {
    readonly met: boolean
    readonly shells: readonly {
      readonly shell: string
      readonly hooked: boolean
      readonly error: string | null
      readonly outcomes: readonly Outcome[]
    }[]
    readonly notCovered: readonly string[]
  }
  const [zsh] = report.shells
  t.match(zsh, { shell: 'zsh', hooked: true, error: null })
  t.same(
    zsh?.outcomes.filter(({ outcome }) => outcome === 'failed'),
    [],
  )
  t.ok(zsh?.outcomes.some(({ id, outcome }) => id === 'daemon.killed' && outcome === 'passed'))
  t.ok(zsh?.outcomes.some(({ id, outcome }) => id === 'line.refused' && outcome === 'passed'))
  t.ok(report.notCovered.length > 3)
  t.same({ met: report.met, status }, { met: true, status: 0 })
  t.same(readdirSync(temporary), [], 'the private home is gone')
  t.equal(readFileSync(join(home.dir, '.zsh_history'), 'utf8'), HISTORY)
})

t.test('a shell that is not installed, and --shell without --conformance, are refused', async (t) => {
  using home = makeTemporaryHome()
  const program = [join(PROJECT_DIR, 'src/main.ts'), 'doctor']
  const env = { ...home.env, PATH: join(home.dir, 'empty') }
  const missing = spawnSync(process.execPath, [...program, '--conformance', '--shell', 'fish'], {
    env,
    encoding: 'utf8',
  })
  t.equal(missing.status, 2)
  t.match(missing.stderr, /cmdaid: error: there is no fish in PATH/)
  const alone = spawnSync(process.execPath, [...program, '--shell', 'fish'], { env: home.env, encoding: 'utf8' })
  t.equal(alone.status, 2)
  t.match(alone.stderr, /--shell goes with --conformance/)
})
