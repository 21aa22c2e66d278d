import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ConformanceShell } from '../../src/conformance/case.ts'
import { DIALECTS, hookFileName } from '../../src/conformance/dialect.ts'
import type { Bench } from '../../src/conformance/run-cases.ts'
import { SayLog, ShellSession } from '../../src/conformance/session.ts'
import { PROJECT_DIR } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import type { TestShell } from '../support/shells.ts'

export type BenchOptions = {
  readonly home: TemporaryHome
  /** Seconds that the hook waits for an answer. Long by default: a busy test machine is not a hung daemon. */
  readonly waitSeconds?: number
  /** Another hook than the shipped one: to see the cases fail. */
  readonly hook?: string
}

/** A place for cases: shells of one version with a plain rc file and the hook, on a home of their own. */
export function testBench(
  { shell, version, path }: TestShell & { readonly path: string },
  { home, waitSeconds = 10, hook = join(PROJECT_DIR, 'shell-hooks', hookFileName(shell)) }: BenchOptions,
): Bench {
  const log = new SayLog(join(home.dir, 'said'))
  return {
    shell,
    version,
    log,
    open: async ({ before = '', after = '' }) => {
      const folder = mkdtempSync(join(home.dir, 'rc-'))
      const dialect = DIALECTS[shell]
      const { command, env } = dialect.start(path, folder)
      const file = join(folder, dialect.rcName)
      mkdirSync(dirname(file), { recursive: true })
      const rc = [
        dialect.plainPrompt,
        dialect.commands(log.path),
        assign(shell, 'TEST_RC', file),
        assign(shell, 'TEST_PROGRAM', path),
        before,
        dialect.load(hook),
        dialect.wait(waitSeconds),
        after,
        '',
      ].join('\n')
      writeFileSync(file, rc)
      const session = await ShellSession.open({ command, env: { ...home.env, ...env }, cwd: home.dir }, dialect, log)
      try {
        await session.prompt()
        // fish takes its first prompt back when the terminal has answered, and keys of that moment with it.
        if (shell === 'fish') await session.step({ pause: true })
      } catch (cause) {
        await session[Symbol.asyncDispose]()
        throw new Error(`the shell came to no prompt: ${JSON.stringify(session.terminal.shown)}`, { cause })
      }
      return session
    },
  }
}

function assign(shell: ConformanceShell, name: string, value: string): string {
  switch (shell) {
    case 'bash':
    case 'zsh':
      return `${name}='${value}'`
    case 'fish':
      return `set -g ${name} '${value}'`
    case 'powershell':
      return `$${name} = '${value}'`
  }
}
