import t from 'tap'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTemporaryHome, PROJECT_DIR } from '../../support/home.ts'
import { plainEnv, runCmdaid, snapshot, writeFiles } from '../../support/installed.ts'

// Each run is a process of its own, and traced.
t.setTimeout(240_000)

/** Kills the program with its `when`th call of this kind, before the call happens. Null: it ended before that. */
const traced = (call: string, when: number): readonly [string, ...string[]] => [
  'strace',
  '-f',
  '-qq',
  '-o',
  '/dev/null',
  '-e',
  `trace=${call}`,
  '-e',
  `inject=${call}:signal=KILL:when=${when}`,
]

const withoutStrace =
  spawnSync('strace', ['-o', '/dev/null', '-e', 'inject=chdir:signal=KILL:when=1', 'sh', '-c', 'cd /']).signal !==
    'SIGKILL' && 'strace is not installed here, or may not trace'

/** Which of them there are depends on the processor. */
const RENAME = '?rename,?renameat,?renameat2'
const UNLINK = '?unlink,?unlinkat'

const SHELLS = ['--shell', 'bash,zsh', '--no-service']

for (const action of ['install', 'uninstall'] as const) {
  t.test(
    `killed between any two writes, ${action} leaves whole files, and uninstall undoes all of it`,
    { skip: withoutStrace },
    async (t) => {
      using home = makeTemporaryHome()
      writeFiles(home.dir, { '.bashrc': 'b', '.profile': 'p\n' })
      const before = snapshot(home.dir)
      const names = ['.bashrc', '.profile', '.zshrc']
      const read = (name: string): string => [...snapshot(home.dir)].find(([path]) => path === name)?.[1] ?? 'none'
      const old = names.map(read)
      runCmdaid(home, ['install', ...SHELLS])
      const now = names.map(read)
      if (action === 'install') runCmdaid(home, ['uninstall', '--no-service'])
      let kills = 0
      for (const call of action === 'install' ? [RENAME, 'fsync'] : [RENAME, UNLINK]) {
        for (let when = 1; ; when += action === 'install' ? 2 : 1) {
          if (action === 'uninstall') runCmdaid(home, ['install', ...SHELLS])
          const [program, ...words] = traced(call, when)
          const ran = spawnSync(
            program,
            [...words, process.execPath, join(PROJECT_DIR, 'src/main.ts'), action, ...SHELLS],
            { cwd: home.dir, env: plainEnv(home) },
          )
          names.forEach((name, index) =>
            t.ok([old[index], now[index]].includes(read(name)), `${name} is whole, ${call} ${when}`),
          )
          t.equal(runCmdaid(home, ['uninstall', '--no-service']).status, 0)
          // Folders that were made before the record could say so are empty, and stay.
          const after = new Map([...snapshot(home.dir)].filter(([name]) => !/^\.local(?:\/state)?$/.test(name)))
          t.strictSame(after, before, `after ${call} ${when}`)
          if (ran.signal !== 'SIGKILL' && ran.status !== 137) break
          kills++
        }
      }
      t.ok(kills >= 5, `it was killed ${kills} times`)
      t.equal(readFileSync(join(home.dir, '.bashrc'), 'utf8'), 'b')
    },
  )
}
