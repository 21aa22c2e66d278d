import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TestDaemon } from './daemon.ts'
import { makeTemporaryHome, PROJECT_DIR, type TemporaryHome } from './home.ts'
import { TEST_POLICY } from './policy.ts'
import type { PtyShell } from './pty.ts'
import { startShell } from './shell-rc.ts'

/**
 * A session at the command line, as text:
 *
 *     # a comment
 *     $ cmdaid check -- 'ls'          run by bash in the session's folder; `cmdaid` is the program from the sources
 *     what it prints                  standard output and error together; `…` stands for any text within a line
 *     [exit 12]                       left out: 0
 *     @daemon start                   or stop: a real daemon on the session's own home
 *     @bash say hello                 typed into an instrumented bash, whose output is not compared
 *     -- policy.yaml --               from here on: files of the session's folder
 *
 * The user's policy document is the file `config/cmdaid/policy.yaml`; without it, `TEST_POLICY`.
 */
export type Step =
  | { readonly kind: 'run'; readonly command: string; readonly expected: readonly string[]; readonly exit: number }
  | { readonly kind: 'daemon'; readonly verb: string }
  | { readonly kind: 'bash'; readonly line: string }

export type Script = { readonly steps: readonly Step[]; readonly files: ReadonlyMap<string, string> }

/** What a `run` step did. Lines that match their expectation are replaced by it, so that the two can be compared whole. */
export type Outcome = { readonly command: string; readonly output: readonly string[]; readonly exit: number | null }

const USER_POLICY = 'config/cmdaid/policy.yaml'

export function parseScript(text: string): Script {
  const [session = '', ...rest] = text.split(/^-- (.+) --\n/m)
  const files = new Map<string, string>()
  for (let at = 0; at < rest.length; at += 2) files.set(rest[at] ?? '', rest[at + 1] ?? '')
  const steps: Step[] = []
  let lines: string[] = []
  for (const line of session.replace(/\n+$/, '').split('\n')) {
    const exit = /^\[exit (\d+)\]$/.exec(line)
    const last = steps.at(-1)
    if (line.startsWith('# ')) continue
    if (line.startsWith('$ ')) {
      lines = []
      steps.push({ kind: 'run', command: line.slice(2), expected: lines, exit: 0 })
    } else if (line.startsWith('@daemon ')) {
      steps.push({ kind: 'daemon', verb: line.slice('@daemon '.length) })
    } else if (line.startsWith('@bash ')) {
      steps.push({ kind: 'bash', line: line.slice('@bash '.length) })
    } else if (exit !== null && last?.kind === 'run') {
      steps[steps.length - 1] = { ...last, exit: Number(exit[1]) }
    } else if (last?.kind === 'run') {
      lines.push(line)
    } else if (line !== '') {
      throw new Error(`not a step: ${line}`)
    }
  }
  for (const step of steps) if (step.kind === 'run') dropBlankEnd(step.expected as string[])
  return { steps, files }
}

/** Runs a session on a home of its own. `check` is called for each command with what was expected and what came. */
export async function runScript(script: Script, check: (expected: Outcome, actual: Outcome) => void): Promise<void> {
  using home = makeTemporaryHome(script.files.has(USER_POLICY) ? {} : { policy: TEST_POLICY })
  for (const [name, text] of script.files) {
    mkdirSync(dirname(join(home.dir, name)), { recursive: true })
    writeFileSync(join(home.dir, name), text, { mode: 0o600 })
  }
  const env = { ...home.env, PATH: `${programFolder(home)}:${home.env['PATH'] ?? ''}` }
  await using daemon = TestDaemon.absent(home)
  let bash: PtyShell | null = null
  try {
    for (const step of script.steps) {
      if (step.kind === 'daemon') {
        await (step.verb === 'start' ? daemon.start() : daemon.stop())
      } else if (step.kind === 'bash') {
        bash ??= await startShell('bash', home, { env: { PATH: env.PATH } })
        await bash.line(step.line)
      } else {
        const { command, expected, exit } = step
        const ran = spawnSync('bash', ['-c', `{ ${command}\n} 2>&1`], { cwd: home.dir, env, encoding: 'utf8' })
        const output = ran.stdout.replaceAll(home.dir, '$HOME').split('\n')
        dropBlankEnd(output)
        check({ command, output: expected, exit }, { command, output: settle(output, expected), exit: ran.status })
      }
    }
  } finally {
    await bash?.[Symbol.asyncDispose]()
  }
}

/** A folder with nothing in it but `cmdaid`. */
export function programFolder(home: TemporaryHome): string {
  const folder = join(home.dir, 'bin')
  mkdirSync(folder, { recursive: true })
  const program = join(folder, 'cmdaid')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(PROJECT_DIR, 'src/main.ts')}' "$@"\n`)
  chmodSync(program, 0o755)
  return folder
}

function settle(output: readonly string[], expected: readonly string[]): string[] {
  return output.map((line, index) => {
    const pattern = expected[index]
    if (pattern === undefined || !pattern.includes('…')) return line
    const parts = pattern.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`, 's').test(line) ? pattern : line
  })
}

function dropBlankEnd(lines: string[]): void {
  while (lines.at(-1) === '') lines.pop()
}
