import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { askedLines, endedLines, readRecord } from '../../support/record.ts'
import { startShell, takesLoadable, testedProgram } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { BASH, runCases } from '../run-case.ts'
import type { ShellCase } from '../run-case.ts'

/** What only bash has: its aliases, its options, its canary, and the prompt of others who hook into it. */

/** As such frameworks do it: on at the end of the prompt, off at the first command that is no part of PROMPT_COMMAND. */
const LIKE_PREEXEC = `__like_on=
__like_prompt() {
  local piece IFS=$'\\n;'
  for piece in \${PROMPT_COMMAND[*]}; do
    [[ \${piece#"\${piece%%[! ]*}"} != "$1" ]] || return 0
  done
  return 1
}
__like_debug() {
  if ((BASH_SUBSHELL == 0)) && [[ $__like_on ]]; then
    __like_on=
    __like_prompt "$BASH_COMMAND" || say line "$BASH_COMMAND"
  fi
}
__like_interactive() { __like_on=1; }
__like_install() {
  trap '__like_debug' DEBUG
  PROMPT_COMMAND=\${PROMPT_COMMAND/__like_install/:}
  PROMPT_COMMAND+=$'\\n__like_interactive'
  __like_interactive
}
PROMPT_COMMAND="\${PROMPT_COMMAND-:}"$'\\n__like_install'`

const CASES: readonly ShellCase[] = [
  {
    title: 'a word that an alias makes a refused command is refused',
    shells: BASH,
    options: { after: `alias ok='say x; DENYME' fine='say a'` },
    type: ['ok ~', 'say b; ok', 'fine b', 'say end'],
    said: ['a b', 'end'],
    refusals: 2,
  },
  {
    title: 'aliases that come and go between lines are known',
    shells: BASH,
    type: async (pty, { home }) => {
      writeFileSync(join(home.dir, 'aliases'), `alias ok=DENYME odd='say "it'\\''s" odd'\n`)
      for (const line of [
        'ok() { say function; }',
        '. ./aliases',
        'ok',
        'odd',
        'unalias ok',
        'ok',
        '. ./aliases; shopt -u expand_aliases',
        'ok',
        'shopt -s expand_aliases',
        'ok',
        'say end',
      ])
        await pty.line(line)
    },
    said: ["it's odd", 'function', 'function', 'end'],
    refusals: 2,
  },
  {
    title: 'patterns that ignore case take no refusal for a permission',
    shells: BASH,
    type: ['shopt -s nocasematch nocaseglob', 'DENYME', 'say a', '(DENYME)', ' DENYME', 'say end'],
    said: ['a', 'end'],
  },
  {
    title: 'time stamps of the history that nobody may switch off let no line through',
    shells: BASH,
    options: { after: "readonly HISTTIMEFORMAT='%F %T '" },
    type: ['DENYME', 'say a; DENYME', 'say end'],
    // The loadable builtin reads the history itself.
    said: takesLoadable() ? ['end'] : ['a', 'end'],
    refusals: 2,
    hides: /readonly/,
  },
  {
    title: 'functions over exec and command change nothing',
    shells: BASH,
    type: ['exec() { say exec; }; command() { say command; }; test() { say test; }', 'say a', 'DENYME', 'say end'],
    said: ['a', 'end'],
    refusals: 1,
  },
  ...(['before', 'after'] as const).map((place): ShellCase => ({
    title: `others who find the line by a DEBUG trap see each line that runs, once, set up ${place} us`,
    shells: BASH,
    options: { [place]: LIKE_PREEXEC },
    // What stands in PROMPT_COMMAND, as `:` does, is no line to them.
    type: [':', 'say a', 'DENYME', 'say b; say c', '', '(DENYME); say d', 'say e | cat', 'say end'],
    said: ['line say a', 'a', 'line say b', 'b', 'c', 'line say e', 'e', 'line say end', 'end'],
    refusals: 2,
  })),
  {
    title: 'a hook of the prompt that asks for the status in PS0, PS1 and PROMPT_COMMAND is left as it is',
    shells: BASH,
    options: {
      before: `mark() { marks+=("$1:$?"); }
PS0='\${marks[0]:0:0}'
PROMPT_COMMAND='mark prompt'
trap 'seen=$BASH_COMMAND' DEBUG`,
      after: `PROMPT_COMMAND="\${PROMPT_COMMAND%;}"$'\\n''mark last'; marks=()`,
    },
    type: ['(exit 3)', 'DENYME', 'marks=()', '(exit 4)', 'say "${marks[*]}"', 'say end'],
    said: ['prompt:0 last:0 prompt:4 last:0', 'end'],
    refusals: 1,
  },
]

/** 5.3 judges in PS0, whose commands fire a DEBUG trap of the person's like any others. */
const { stdout } = spawnSync(testedProgram('bash'), ['-c', 'echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))'], {
  encoding: 'utf8',
})
const hasDebugTrap = Number(stdout) < 503

await runCases(CASES.filter(({ title }) => hasDebugTrap || !title.includes('by a DEBUG trap')))

await t.test('bash: a session shows once that it is protected, and again when asked to', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  await using pty = await startShell('bash', home, { waitSeconds: 2 })
  await pty.line('say a')
  t.same(await canaries(home, 1), ['enforced'])
  await pty.line('__cmdaid_canary')
  t.same(await canaries(home, 2), ['enforced', 'enforced'])
  t.notMatch(pty.transcript, /cmdaid: |canary:/)
  t.same(askedLines(await readRecord(home)).map(String), ['say a', '__cmdaid_canary'], 'it is no line of the session')
  daemon.freeze()
  await pty.line(': waits; __cmdaid_canary')
  daemon.thaw()
  await until('protection to be back', async () => {
    await pty.line('say again')
    return pty.transcript.includes('checked again')
  })
  t.same(await canaries(home, 4), ['enforced', 'enforced', 'failed', 'enforced'])
})

await t.test('bash: under a policy that only records the canary says so', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY.replace('mode: enforce', 'mode: monitor') })
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  await using pty = await startShell('bash', home)
  await pty.line('say a')
  t.same(await canaries(home, 1), ['observing'])
})

await t.test('bash: a daemon that did not even read the end of a line is asked again once it has', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  await using pty = await startShell('bash', home, { waitSeconds: 1 })
  await pty.line('say a')
  daemon.freeze()
  // Its end lies in the FIFO, so that the next line cannot be asked about.
  await pty.line('say b')
  await pty.line('say c')
  daemon.thaw()
  await until('protection to be back', async () => {
    await pty.line('say again')
    return pty.transcript.includes('checked again')
  })
  await pty.line('DENYME')
  t.match(pty.transcript, /cmdaid: denied/)
  await until('the end of the first line in the record', async () => endedLines(await readRecord(home)).length > 0)
})

/** What canaries showed so far, oldest first, once there are `count`. */
async function canaries(home: TemporaryHome, count: number): Promise<readonly unknown[]> {
  return until('the outcomes of canaries', async () => {
    const entries = await readRecord(home)
    const shown = entries.filter((entry) => entry.record === 'CANARY').map(({ details }) => details['outcome'])
    return shown.length >= count ? shown : null
  })
}
