import t from 'tap'
import type { Ancestor } from '../../../src/adapters/host-info/ancestry.ts'
import { ancestryReader } from '../../../src/adapters/host-info/ancestry.ts'
import { attribute } from '../../../src/adapters/host-info/attribution.ts'
import { isAlive, readProcess } from '../../../src/adapters/host-info/process-info.ts'

const AT_TERMINAL = { interactive: true, tty: '/dev/pts/1', markers: [] }
const WITHOUT_TERMINAL = { interactive: false, tty: null, markers: [] }

/** A chain of parents, nearest first, as `name: arguments`. */
function chain(hasTerminal: boolean, ...processes: readonly (readonly string[])[]): Ancestor[] {
  return processes.map(([name = '', ...args], index) => ({
    pid: 1_000 - index,
    ppid: 999 - index,
    name,
    start: '1',
    hasTerminal,
    arguments: args,
  }))
}

t.test('a shell in a terminal without an agent above it is a person', async (t) => {
  const terminal = chain(
    true,
    ['bash', '-bash'],
    ['gnome-terminal-', '/usr/libexec/gnome-terminal-server'],
    ['systemd', '/sbin/init'],
  )
  t.strictSame(attribute(terminal, AT_TERMINAL), { kind: 'human', name: null, evidence: 'corroborated' })
  t.strictSame(attribute([], AT_TERMINAL), { kind: 'human', name: null, evidence: 'claimed' })
})

t.test('an agent above the shell is the actor, by program, script or package', async (t) => {
  const agents: readonly (readonly [readonly string[], string])[] = [
    [['claude', 'claude'], 'claude-code'],
    [['codex', '/usr/local/bin/codex', 'exec'], 'codex'],
    [['node', 'node', '/usr/lib/node_modules/@openai/codex/bin/codex.js'], 'codex'],
    [['node', '/usr/bin/node', '/home/u/.npm/node_modules/@google/gemini-cli/dist/index.js'], 'gemini-cli'],
    [['MainThread', 'node', '/opt/bin/opencode.js'], 'opencode'],
    [['python3', '/usr/bin/python3.12', '-m', 'aider'], 'aider'],
    [['python3', 'python3', '/venv/lib/python3.12/site-packages/aider/__main__.py'], 'aider'],
    [['cursor-agent', 'cursor-agent'], 'cursor'],
  ]
  for (const [agent, name] of agents) {
    const parents = chain(true, ['bash', 'bash'], agent, ['bash', '-bash'])
    t.strictSame(attribute(parents, AT_TERMINAL), { kind: 'agent', name, evidence: 'corroborated' }, agent.join(' '))
  }
})

t.test('a folder or an argument that has an agent’s name is no agent', async (t) => {
  for (const process of [
    ['node', 'node', '/home/u/src/goose/build.js'],
    ['vim', 'vim', 'claude'],
    ['cursor', '/usr/share/cursor/cursor'],
    ['node', 'node', 'server.js', 'codex'],
  ]) {
    t.equal(attribute(chain(true, ['bash', 'bash'], process), AT_TERMINAL).kind, 'human', process.join(' '))
  }
})

t.test('a variable alone is a claim, and never makes a person of an agent', async (t) => {
  const terminal = chain(true, ['bash', '-bash'])
  t.strictSame(attribute(terminal, { ...AT_TERMINAL, markers: ['AGENT', 'GEMINI_CLI'] }), {
    kind: 'agent',
    name: 'gemini-cli',
    evidence: 'claimed',
  })
  t.strictSame(
    attribute(terminal, { ...AT_TERMINAL, markers: ['CURSOR_TRACE_ID', 'toString', '__proto__'] }).kind,
    'human',
  )
  t.equal(attribute(chain(true, ['bash'], ['claude', 'claude']), { ...AT_TERMINAL, markers: ['CI'] }).kind, 'agent')
})

t.test('CI and scripts are told from people', async (t) => {
  const runner = chain(false, ['bash', 'bash'], ['Runner.Worker', '/runner/bin/Runner.Worker'])
  t.strictSame(attribute(runner, WITHOUT_TERMINAL), { kind: 'ci', name: 'github-actions', evidence: 'corroborated' })
  t.strictSame(attribute(chain(false, ['bash']), { ...WITHOUT_TERMINAL, markers: ['CI', 'GITLAB_CI'] }), {
    kind: 'ci',
    name: 'gitlab',
    evidence: 'claimed',
  })
  t.strictSame(attribute(chain(false, ['bash']), WITHOUT_TERMINAL), {
    kind: 'script',
    name: null,
    evidence: 'corroborated',
  })
  t.strictSame(attribute(chain(true, ['bash']), WITHOUT_TERMINAL), { kind: 'script', name: null, evidence: 'claimed' })
})

t.test(
  'the parents of a real process are read from the kernel',
  { skip: process.platform === 'linux' ? false : 'needs /proc' },
  async (t) => {
    const read = ancestryReader()
    const [self, parent] = read(process.pid)
    t.equal(self?.pid, process.pid)
    t.equal(self?.ppid, process.ppid)
    t.equal(parent?.pid, process.ppid)
    t.match(self?.arguments[0], /node/)
    t.strictSame(read(process.pid)[0]?.start, readProcess(process.pid)?.start)
    t.strictSame(read(2 ** 30), [])
    t.strictSame([isAlive(process.pid), isAlive(1), isAlive(2 ** 30)], [true, true, false])
  },
)
