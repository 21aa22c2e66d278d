import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_DIR } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { PtyShell } from '../../support/pty.ts'
import { sayLog } from '../../support/shell-rc.ts'
import { testShellsOf } from '../../support/shells.ts'

export const FISH_HOOK = join(PROJECT_DIR, 'shell-hooks/cmdaid.fish')

/** The versions of fish that tests run in; `CMDAID_TEST_FISH` names others, separated by blanks. */
export const FISHES: readonly string[] =
  process.env['CMDAID_TEST_FISH']?.split(' ') ?? testShellsOf('fish').found.map(({ path }) => path)

export type FishOptions = {
  readonly program: string
  /** Lines of config.fish before and after the hook is loaded. */
  readonly before?: string
  readonly after?: string
  readonly hook?: boolean
  /** How long the hook waits for an answer. Long by default: a busy test machine is not a hung daemon. */
  readonly waitMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly arguments?: readonly string[]
}

/** Compiles the relay as an installation does. */
export function buildRelay(): void {
  execFileSync(join(PROJECT_DIR, 'shell-hooks/build'), ['relay'], { stdio: 'inherit' })
}

/**
 * A fish in a terminal whose prompts are numbered: fish draws one prompt as often as it likes, and only a new number is a
 * new prompt. Its functions are those of `startShell`: `say`, `DENYME`, `CONFIRMME`, `WARNME`.
 */
export class FishShell implements AsyncDisposable {
  readonly pty: PtyShell
  #prompts = 1

  private constructor(pty: PtyShell) {
    this.pty = pty
  }

  static async start(home: TemporaryHome, options: FishOptions): Promise<FishShell> {
    const { program, before = '', after = '', hook = true, waitMs = 10_000, env = {}, arguments: rest = [] } = options
    const folder = mkdtempSync(join(home.dir, 'fish-'))
    mkdirSync(join(folder, 'fish'))
    const config = [
      'set -g fish_greeting',
      'set -g t_prompts 0',
      'function t_prompt --on-event fish_prompt; set -g t_prompts (math $t_prompts + 1); end',
      'function fish_prompt; printf "@%s@> " $t_prompts; end',
      `function say; builtin printf '%s\\n' "$argv" >>'${sayLog(home)}'; end`,
      'function DENYME; say DENYME ran; end',
      'function CONFIRMME; say CONFIRMME ran; end',
      'function WARNME; say WARNME ran; end',
      before,
      hook ? `source '${FISH_HOOK}'; set -g __cmdaid_wait ${waitMs}` : '',
      after,
      '',
    ].join('\n')
    writeFileSync(join(folder, 'fish/config.fish'), config)
    const pty = await PtyShell.start({
      command: [program, '-i', ...rest],
      env: { ...home.env, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder, ...env },
      cwd: home.dir,
      prompt: '@1@> ',
    })
    return new FishShell(pty)
  }

  get pid(): number {
    return this.pty.pid
  }

  get transcript(): string {
    return this.pty.transcript
  }

  type(keys: string): void {
    this.pty.type(keys)
  }

  paste(text: string): void {
    this.pty.paste(text)
  }

  /** A line and Enter, then the next prompt. */
  async line(text: string): Promise<void> {
    this.type(`${text}\r`)
    await this.waitForPrompt()
  }

  /** Waits for the prompt after the last one that was waited for. */
  async waitForPrompt(): Promise<void> {
    this.#prompts += 1
    await this.pty.waitForText(`@${this.#prompts}@> `)
  }

  async waitForText(text: string): Promise<void> {
    await this.pty.waitForText(text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pty[Symbol.asyncDispose]()
  }
}
