import t from 'tap'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR, type TemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { startShell } from '../support/shell-rc.ts'
import { until } from '../support/until.ts'

t.setTimeout(120_000)

/** `cmdaid …` beside the test, with what it has printed so far. */
class RunningCommand implements AsyncDisposable {
  readonly #child
  stdout = ''
  stderr = ''
  status: number | string | null = null

  constructor(home: TemporaryHome, args: readonly string[]) {
    this.#child = spawn(process.execPath, [join(PROJECT_DIR, 'src/main.ts'), ...args], { cwd: home.dir, env: home.env })
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.stdout += bytes.toString()
    })
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString()
    })
    this.#child.on('close', (code, signal) => {
      this.status = code ?? signal
    })
  }

  send(text: string): void {
    this.#child.stdin.write(text)
  }

  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  /** As `| head` does it. */
  closeOutput(): void {
    this.#child.stdout.destroy()
  }

  async end(): Promise<number | string> {
    return until('the command to end', () => this.status, { detail: () => this.stdout + this.stderr })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.status !== null) return
    this.#child.kill('SIGKILL')
    await this.end()
  }
}

t.test('log --follow shows what comes, for people once it has ended, and ends with 130 at SIGINT', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using _daemon = await TestDaemon.start(home)
  await using bash = await startShell('bash', home)
  await bash.line('say before')
  await using people = new RunningCommand(home, ['log', '--follow'])
  await using programs = new RunningCommand(home, ['log', '-f', '--json', '--decision', 'deny'])
  await until('what ran before', () => people.stdout.includes('say before'), { detail: () => people.stderr })
  await bash.line('say after')
  await bash.line('DENYME now')
  await until('what ran after', () => people.stdout.includes('DENYME now'), { detail: () => people.stdout })
  await until('the event', () => programs.stdout.endsWith('\n'), { detail: () => programs.stderr })
  people.interrupt()
  programs.interrupt()
  t.strictSame(
    { people: await people.end(), programs: await programs.end(), said: people.stderr + programs.stderr },
    { people: 130, programs: 130, said: '' },
  )
  t.match(
    people.stdout,
    /^\S+ \S+ {2}allow +exit 0 +\d+ ms {2}say before\n\S+ \S+ {2}allow .*say after\n.*deny +refused .*DENYME now\n$/,
  )
  const event = JSON.parse(programs.stdout) as { event_type: string; command: { text: string } }
  t.strictSame([event.event_type, event.command.text], ['command_blocked', 'DENYME now'])
})

t.test('log --follow ends quietly when nobody reads any more', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using _daemon = await TestDaemon.start(home)
  await using bash = await startShell('bash', home)
  await bash.line('say before')
  await using following = new RunningCommand(home, ['log', '--follow', '--json'])
  await until('what ran before', () => following.stdout.includes('say before'), { detail: () => following.stderr })
  following.closeOutput()
  await bash.line('say after')
  t.strictSame({ status: await following.end(), stderr: following.stderr }, { status: 0, stderr: '' })
})

t.test('a command that waits for its input ends with 130 at SIGINT', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using batch = new RunningCommand(home, ['check', '--batch'])
  batch.send('{"cmd":"say","id":1}\n')
  await until('the answer', () => batch.stdout.endsWith('\n'), { detail: () => batch.stderr })
  batch.interrupt()
  t.strictSame({ status: await batch.end(), stderr: batch.stderr }, { status: 130, stderr: '' })
})
