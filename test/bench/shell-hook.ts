import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestDaemon } from '../support/daemon.ts'
import { PROJECT_DIR, makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import type { PtyShell } from '../support/pty.ts'
import { hookFile, startShell } from '../support/shell-rc.ts'
import type { HookedShell } from '../support/shell-rc.ts'
import { readStopwatch, STOPWATCH } from '../support/stopwatch.ts'
import { distribution } from './figures.ts'
import type { Figure } from './figures.ts'
import { manyRules } from './many-rules.ts'

const COMMANDS = 2_000
const COMMANDS_WITHOUT = 500
const WARM_UP = 100
/** Rules loaded while shells are measured. */
export const SHELL_RULES = 10_000
/** Lines typed ahead at once when nothing is to be waited for: less than a terminal's input queue holds. */
const AHEAD = 20
const STARTS = 20

/** Programs that rules are about, as functions that do nothing: what remains is what a shell does around a line. */
const NO_OPS = ['git', 'kubectl', 'docker', 'npm', 'rm'].map((name) => `${name}() { :; }`).join('\n')

/** What the hook adds to each command of a shell, and to its start. Prints nothing. Takes about four minutes. */
export async function benchShell(shell: HookedShell): Promise<Figure[]> {
  if (shell === 'bash') execFileSync(join(PROJECT_DIR, 'shell-hooks/build'), ['loadable'], { stdio: 'inherit' })
  using home = makeTemporaryHome({ policy: manyRules(SHELL_RULES) })
  await using daemon = await TestDaemon.start(home)
  if (daemon.pid === 0) throw new Error('unreachable')
  const measure = (hook: boolean, commands: number, gapMs: number, lineOf = newLine): Promise<readonly number[]> =>
    measureLines(shell, home, { hook, commands, gapMs, lineOf })
  const ahead = { with: await measure(true, COMMANDS, 0), without: await measure(false, COMMANDS_WITHOUT, 0) }
  const paced = { with: await measure(true, COMMANDS, 20), without: await measure(false, COMMANDS_WITHOUT, 20) }
  const aheadAgain = { with: await measure(true, COMMANDS, 0, oldLine), without: ahead.without }
  const pacedAgain = { with: await measure(true, COMMANDS, 20, oldLine), without: paced.without }
  const loads = []
  for (let n = 0; n < STARTS; n += 1) loads.push(await measureLoad(shell, home))
  const figures = (pace: string, { with: value, without }: typeof ahead, budget: string): Figure[] => {
    const [hooked, bare] = [distribution(value), distribution(without)]
    const added = { n: hooked.n, p50: hooked.p50 - bare.p50, p95: hooked.p95 - bare.p95, p99: hooked.p99 - bare.p99 }
    return [
      {
        name: `${shell}: line to prompt, ${pace}, ${SHELL_RULES.toLocaleString('en')} rules`,
        unit: 'µs',
        value: hooked,
        baseline: { name: 'without the hook', value: bare },
      },
      { name: `${shell}: the difference of these percentiles`, unit: 'µs', value: added, budget },
    ]
  }
  return [
    ...figures('typed ahead', ahead, 'p95 < 400 µs'),
    ...figures('20 ms apart', paced, 'p95 < 1,000 µs'),
    ...figures('typed ahead, lines allowed before', aheadAgain, 'p95 < 400 µs'),
    ...figures('20 ms apart, lines allowed before', pacedAgain, 'p95 < 1,000 µs'),
    { name: `${shell}: loading the hook`, unit: 'ms', value: distribution(loads), budget: '< 5 ms' },
  ]
}

async function measureLines(
  shell: HookedShell,
  home: TemporaryHome,
  {
    hook,
    commands,
    gapMs,
    lineOf,
  }: {
    readonly hook: boolean
    readonly commands: number
    readonly gapMs: number
    readonly lineOf: (n: number) => string
  },
): Promise<readonly number[]> {
  const { before, after } = STOPWATCH[shell]
  await using pty = await startShell(shell, home, {
    before: `${NO_OPS}\n${before}`,
    after,
    hook,
    waitSeconds: 0.05,
  })
  const total = commands + WARM_UP
  for (let at = 0; at < total;) {
    const count = gapMs > 0 ? 1 : Math.min(AHEAD, total - at)
    await typeLines(
      pty,
      Array.from({ length: count }, (_, index) => lineOf(at + index)),
    )
    at += count
    if (gapMs > 0) await sleep(gapMs)
  }
  return (await readStopwatch(pty, home)).slice(-commands)
}

async function typeLines(pty: PtyShell, lines: readonly string[]): Promise<void> {
  pty.type(`${lines.join('\r')}\r`)
  for (let n = 0; n < lines.length; n += 1) await pty.waitForPrompt()
}

/** Lines never seen before, with words that rules look at. */
export function newLine(n: number): string {
  const word = `w${(Math.imul(n + 1, 2_654_435_761) >>> 0).toString(36)}`
  const shapes = [
    `git commit -m "${word}: part ${n}" --no-verify`,
    `kubectl -n ${word} get pods -o wide`,
    `docker run --rm -it -v "$PWD:/work" ${word}:latest make`,
    `npm run build -- --filter=${word} >/dev/null`,
    `rm -rf ./dist/${word} && git status`,
  ]
  return shapes[n % shapes.length] ?? ''
}

/** Lines of which each comes again and again, as people's do. */
export function oldLine(n: number): string {
  return newLine(n % 20)
}

/** Milliseconds that a shell takes to source the hook. */
async function measureLoad(shell: HookedShell, home: TemporaryHome): Promise<number> {
  const micros = shell === 'bash' ? '$((${__b_end/[.,]/} - ${__b_start/[.,]/}))' : '$(((__b_end - __b_start) * 1e6))'
  await using pty = await startShell(shell, home, {
    hook: false,
    after: `${shell === 'zsh' ? 'zmodload zsh/datetime' : ''}
__b_start=$EPOCHREALTIME; source '${hookFile(shell)}'; __b_end=$EPOCHREALTIME
echo "${micros}" >load`,
  })
  await pty.line('')
  return Number(readFileSync(join(home.dir, 'load'), 'utf8')) / 1000
}
