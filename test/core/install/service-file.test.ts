import t from 'tap'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AGENT_MARK, renderAgent, renderUnit, UNIT_MARK } from '../../../src/core/install/service-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'cmdaid-service-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const UNIT = readFileSync('systemd/cmdaid.service', 'utf8')
const AGENT = readFileSync('launchd/dev.cmdaid.daemon.plist', 'utf8')

/** What systemd says of a unit; nothing when all is well. It finds a program that is not there. */
function systemdSays(unit: string): string {
  const file = join(folder, 'cmdaid.service')
  writeFileSync(file, unit)
  mkdirSync(join(folder, 'run'), { recursive: true, mode: 0o700 })
  const env = { PATH: process.env['PATH'], XDG_RUNTIME_DIR: join(folder, 'run'), HOME: folder }
  const ran = spawnSync('systemd-analyze', ['--user', 'verify', file], { env, encoding: 'utf8' })
  return `${ran.stdout}${ran.stderr}`
}

const withoutSystemd =
  systemdSays(UNIT.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true')) !== '' &&
  'systemd-analyze is not installed here, or cannot run'

t.test(
  'a unit starts the program where it is, whatever the name of its folder',
  { skip: withoutSystemd },
  async (t) => {
    for (const name of ['plain', 'with blanks', `q"uo'te`, 'back\\slash', 'dol$HOME', 'per%cent', 'é ü']) {
      const program = join(folder, name, 'node')
      mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(program, '#!/bin/sh\n')
      chmodSync(program, 0o755)
      const service = {
        program: [program, join(folder, name, 'main.ts'), 'daemon'],
        environment: { XDG_STATE_HOME: `/x y/"%h"` },
      }
      t.equal(systemdSays(renderUnit(UNIT, service)), '', name)
      // Behind env(1) it is an argument, which systemd does not look for.
      if (renderUnit(UNIT, service).includes('\nExecStart="/usr/bin/env" ')) continue
      rmSync(program)
      t.match(
        systemdSays(renderUnit(UNIT, service)),
        'is not executable',
        `${name}: it is this file that is looked for`,
      )
    }
  },
)

t.test('a unit says whose it is, and differs from the shipped one in what is started only', async (t) => {
  const unit = renderUnit(UNIT, {
    program: ['/a b/node', '/c/$main', 'daemon'],
    environment: { XDG_CONFIG_HOME: '/d/%' },
  })
  t.ok(unit.startsWith(UNIT_MARK))
  t.strictSame(
    unit
      .slice(UNIT_MARK.length)
      .split('\n')
      .filter((line) => !UNIT.split('\n').includes(line)),
    ['Environment="XDG_CONFIG_HOME=/d/%%"', 'ExecStart="/a b/node" "/c/$$main" "daemon"'],
  )
  const odd = renderUnit(UNIT, { program: ['/a"$b\\c/node', 'daemon'], environment: {} })
  t.match(
    odd,
    '\nExecStart="/usr/bin/env" "/a\\"$$b\\\\c/node" "daemon"\n',
    'systemd would not take such a program itself',
  )
})

const withoutPython =
  spawnSync('python3', ['-c', 'import plistlib']).status !== 0 && 'no python3 to read property lists with'

t.test('a property list starts the program where it is', { skip: withoutPython }, async (t) => {
  const program = [`/a <b> & "c"/node`, "/it's/main.ts", 'daemon']
  const agent = renderAgent(AGENT, { program, environment: { XDG_STATE_HOME: '/x&y' } })
  t.ok(agent.includes(AGENT_MARK))
  const read = (text: string): Record<string, unknown> => {
    const ran = spawnSync(
      'python3',
      ['-c', 'import plistlib, json, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'],
      { input: text, encoding: 'utf8' },
    )
    return JSON.parse(ran.stdout) as Record<string, unknown>
  }
  const shipped = read(AGENT)
  t.strictSame(read(agent), {
    ...shipped,
    ProgramArguments: program,
    EnvironmentVariables: { XDG_STATE_HOME: '/x&y', ...(shipped['EnvironmentVariables'] as object) },
  })
})
