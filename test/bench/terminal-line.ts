import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DIALECTS, hookFileName } from '../../src/conformance/dialect.ts'
import { SayLog, ShellSession } from '../../src/conformance/session.ts'
import { TestDaemon } from '../support/daemon.ts'
import { PROJECT_DIR, makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import { testShellsOf } from '../support/shells.ts'
import { distribution } from './figures.ts'
import type { Figure } from './figures.ts'
import { manyRules } from './many-rules.ts'
import { SHELL_RULES, newLine, oldLine } from './shell-hook.ts'

const COMMANDS = 1_000
const WARM_UP = 150
const GAP_MS = 20

/** Programs that rules are about, as functions that do nothing. */
const NO_OPS = {
  fish: ['git', 'kubectl', 'docker', 'npm', 'rm'].map((name) => `function ${name}; end`).join('\n'),
  powershell: ['git', 'kubectl', 'docker', 'npm', 'rm'].map((name) => `function ${name} {}`).join('\n'),
}

/**
 * What the hook adds to each command of a shell whose own clock says nothing of it: from Enter to the next prompt, as the
 * terminal sees them. Nothing when there is no such shell on this machine.
 */
export async function benchTerminal(shell: 'fish' | 'powershell'): Promise<Figure[]> {
  const [found] = testShellsOf(shell).found
  if (found === undefined) return []
  if (shell === 'fish') execFileSync(join(PROJECT_DIR, 'shell-hooks/build'), ['relay'], { stdio: 'inherit' })
  using home = makeTemporaryHome({ policy: manyRules(SHELL_RULES) })
  await using daemon = await TestDaemon.start(home)
  if (daemon.pid === 0) throw new Error('unreachable')
  const bare = distribution(await measure(shell, found.path, home, { hook: false, lineOf: newLine }))
  const name = `${shell} ${found.version}`
  const figures: Figure[] = []
  for (const [lines, lineOf] of [
    ['', newLine],
    [', lines allowed before', oldLine],
  ] as const) {
    const hooked = distribution(await measure(shell, found.path, home, { hook: true, lineOf }))
    const added = { n: hooked.n, p50: hooked.p50 - bare.p50, p95: hooked.p95 - bare.p95, p99: hooked.p99 - bare.p99 }
    figures.push(
      {
        name: `${name}: Enter to prompt, ${GAP_MS} ms apart${lines}, ${SHELL_RULES.toLocaleString('en')} rules`,
        unit: 'µs',
        value: hooked,
        baseline: { name: 'without the hook', value: bare },
      },
      { name: `${name}: the difference of these percentiles`, unit: 'µs', value: added, budget: 'p95 < 1,000 µs' },
    )
  }
  return figures
}

async function measure(
  shell: 'fish' | 'powershell',
  program: string,
  home: TemporaryHome,
  { hook, lineOf }: { readonly hook: boolean; readonly lineOf: (n: number) => string },
): Promise<readonly number[]> {
  const dialect = DIALECTS[shell]
  const folder = mkdtempSync(join(home.dir, 'rc-'))
  const { command, env } = dialect.start(program, folder)
  const file = join(folder, dialect.rcName)
  mkdirSync(dirname(file), { recursive: true })
  const load = hook ? dialect.load(join(PROJECT_DIR, 'shell-hooks', hookFileName(shell))) : ''
  writeFileSync(file, [dialect.plainPrompt, NO_OPS[shell], load, ''].join('\n'))
  const options = { command, env: { ...home.env, ...env }, cwd: home.dir }
  await using session = await ShellSession.open(options, dialect, new SayLog(join(home.dir, 'said')))
  await session.prompt()
  const samples: number[] = []
  for (let n = 0; n < COMMANDS + WARM_UP; n += 1) {
    const text = lineOf(n).replaceAll('&&', ';')
    // Typed first, so that the shell has drawn it when Enter comes.
    session.terminal.type(text)
    await sleep(GAP_MS)
    const start = performance.now()
    await session.line('')
    samples.push((performance.now() - start) * 1000)
  }
  return samples.slice(WARM_UP)
}
