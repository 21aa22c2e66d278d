/** Every static check of the project, in one command: `npm run check`. All of them run, then the failures are shown. */
import { spawn } from 'node:child_process'

const CHECKS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['types', 'tsc', '--noEmit'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['format', 'prettier', '--check', '--log-level=warn', '.'],
  ['unused', 'knip'],
  ['shellcheck', 'shellcheck', 'scripts/bootstrap', 'scripts/system-packages', 'scripts/cmdaid', 'scripts/quickstart', 'scripts/test', 'scripts/test-shells', '.ci/run', 'shell-hooks/cmdaid.bash'], // prettier-ignore
]

type Outcome = { readonly name: string; readonly failed: boolean; readonly output: string }

function run([name, command, ...args]: (typeof CHECKS)[number]): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (error) => resolve({ name, failed: true, output: `cannot run ${command}: ${error.message}\n` }))
    child.on('close', (code) => resolve({ name, failed: code !== 0, output: Buffer.concat(chunks).toString('utf8') }))
  })
}

const outcomes: Outcome[] = []
for (const check of CHECKS) outcomes.push(await run(check))
for (const { name, failed, output } of outcomes) {
  process.stdout.write(`${failed ? 'FAILED' : 'ok    '} ${name}\n`)
  if (failed) process.stdout.write(output)
}
process.exitCode = outcomes.some(({ failed }) => failed) ? 1 : 0
