import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConformanceShell } from './case.ts'
import { DIALECTS } from './dialect.ts'
import type { PrivateHome } from './private-home.ts'
import type { Bench } from './run-cases.ts'
import { SayLog, ShellSession } from './session.ts'

/** The version a shell says it has; empty when it does not say. */
export function versionOf(program: string): string {
  try {
    return (
      /\d+\.\d+(\.\d+)?/.exec(execFileSync(program, ['--version'], { encoding: 'utf8', timeout: 10_000 }))?.[0] ?? ''
    )
  } catch {
    return ''
  }
}

export type OwnBench = Bench & {
  /** Whether the person's start files load the hook; null before a shell was opened. */
  readonly hooked: () => boolean | null
}

/** How long a shell's start is quiet before it counts as waiting for a line, and how long the hook waits for an answer here. */
const START_QUIET_MS = 400
const WAIT_SECONDS = 2

/**
 * A place for cases in a person's own shell: it reads their start files from a private home, then a file of ours that
 * defines what the cases need, marks the prompt, and loads the hook where the start files do not.
 */
export function ownBench(shell: ConformanceShell, program: string, hook: string, home: PrivateHome): OwnBench {
  const dialect = DIALECTS[shell]
  const log = new SayLog(join(home.dir, 'said'))
  let hooked: boolean | null = null
  return {
    shell,
    version: versionOf(program),
    log,
    hooked: () => hooked,
    open: async ({ before, after = '' }) => {
      if (before !== undefined) return null
      const folder = mkdtempSync(join(home.dir, 'rc-'))
      const file = join(folder, `world${shell === 'powershell' ? '.ps1' : ''}`)
      const world = [
        dialect.commands(log.path),
        dialect.probe,
        dialect.loadUnlessLoaded(hook),
        dialect.wait(WAIT_SECONDS),
      ]
      writeFileSync(file, [...world, dialect.markPrompt, after, ''].join('\n'), { mode: 0o600 })
      log.clear()
      const session = await ShellSession.open(
        { command: [program, ...dialect.startOwn], env: home.shellEnv, cwd: home.workDir },
        dialect,
        log,
      )
      try {
        await session.terminal.waitForQuiet(START_QUIET_MS)
        await session.line(dialect.source(file))
      } catch (cause) {
        const shown = JSON.stringify(session.terminal.shown.slice(-2_000))
        await session[Symbol.asyncDispose]()
        throw new Error(`the shell comes to no prompt: ${shown}`, { cause })
      }
      hooked ??= log.read()[0] === 'hooked'
      return session
    },
  }
}
