import t from 'tap'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { openDotfile } from '../../../src/adapters/dotfiles/dotfile.ts'
import { removeLeftovers } from '../../../src/adapters/dotfiles/replace.ts'
import { applyChanges, type DotfileChange } from '../../../src/adapters/dotfiles/transaction.ts'
import { makeTemporaryHome, type TemporaryHome } from '../../support/home.ts'
import { snapshot, writeFiles } from '../../support/installed.ts'

const MODES = { file: 0o644, folder: 0o755 }

function change(home: TemporaryHome, name: string, after: string | null, folders = 0): DotfileChange {
  const dotfile = openDotfile(join(home.dir, name), { root: '/' })
  return { dotfile, after: after === null ? null : Buffer.from(after), folders }
}

t.test('all changes are made: files replaced, made with their folders, and removed with theirs', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { a: 'old', 'x/y/gone': 'g' })
  chmodSync(join(home.dir, 'a'), 0o600)
  applyChanges(
    [
      change(home, 'a', 'new'),
      change(home, 'p/q/made', 'm'),
      change(home, 'p/other', 'o'),
      change(home, 'x/y/gone', null, 2),
    ],
    MODES,
  )
  t.strictSame(
    ['a', 'p/q/made', 'p/other'].map((name) => readFileSync(join(home.dir, name), 'utf8')),
    ['new', 'm', 'o'],
  )
  t.equal(statSync(join(home.dir, 'a')).mode & 0o777, 0o600)
  t.equal(statSync(join(home.dir, 'p/q/made')).mode & 0o777, 0o644)
  t.notOk(existsSync(join(home.dir, 'x')))
  t.strictSame(
    readdirSync(home.dir).filter((name) => name.includes('cmdaid-')),
    [],
    'no temporary file is left',
  )
})

t.test(
  'a file that changes after it was looked at is not overwritten, and what came before it is taken back',
  async (t) => {
    for (const spoil of [
      (path: string): void => writeFileSync(path, 'somebody else'),
      (path: string): void => rmSync(path),
      (path: string): void => {
        rmSync(path)
        mkdirSync(path)
      },
    ]) {
      using home = makeTemporaryHome()
      writeFiles(home.dir, { a: 'a', b: 'b', gone: 'g' })
      const changes = [
        change(home, 'a', 'A'),
        change(home, 'new/file', 'n'),
        change(home, 'gone', null),
        change(home, 'b', 'B'),
      ]
      spoil(join(home.dir, 'b'))
      const before = snapshot(home.dir)
      t.throws(() => applyChanges(changes, MODES), { message: /nothing was changed$/ })
      t.strictSame(snapshot(home.dir), before)
    }
  },
)

t.test('a file that appears where none was is not overwritten', async (t) => {
  using home = makeTemporaryHome()
  const changes = [change(home, 'a', 'A')]
  writeFileSync(join(home.dir, 'a'), 'somebody else')
  t.throws(() => applyChanges(changes, MODES), {
    code: 'CMDAID_ERR_DOTFILE_CHANGED',
    message: /a was changed while it was being edited; nothing was changed/,
  })
  t.equal(readFileSync(join(home.dir, 'a'), 'utf8'), 'somebody else')
})

t.test('what cannot be taken back is named', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, { a: 'a', b: 'b' })
  const first = change(home, 'a', 'A')
  const second = change(home, 'b', 'B')
  // Somebody writes the first file after it was replaced: what comes third sees to that.
  const third: DotfileChange = {
    folders: 0,
    after: Buffer.from('x'),
    get dotfile() {
      writeFileSync(join(home.dir, 'a'), 'somebody else')
      return { ...second.dotfile, bytes: Buffer.from('not what is there') }
    },
  }
  t.throws(() => applyChanges([first, second, third], MODES), {
    code: 'CMDAID_ERR_DOTFILE_CHANGED',
    message: new RegExp(`; not taken back: ${home.dir}/a$`),
  })
  t.strictSame(
    [readFileSync(join(home.dir, 'a'), 'utf8'), readFileSync(join(home.dir, 'b'), 'utf8')],
    ['somebody else', 'b'],
  )
})

t.test('what a killed installation left beside a file is removed, and nothing that only looks like it', async (t) => {
  using home = makeTemporaryHome()
  writeFiles(home.dir, {
    'real/rc': 'r',
    'real/.rc.cmdaid-0123456789ab': 'left',
    'real/.rc.cmdaid-backup': 'mine',
    'real/.rc.cmdaid-0123456789abc': 'mine',
    'real/.other.cmdaid-0123456789ab': "another's",
  })
  symlinkSync('real/rc', join(home.dir, 'link'))
  removeLeftovers(join(home.dir, 'link'))
  t.strictSame(readdirSync(join(home.dir, 'real')).sort(), [
    '.other.cmdaid-0123456789ab',
    '.rc.cmdaid-0123456789abc',
    '.rc.cmdaid-backup',
    'rc',
  ])
  removeLeftovers(join(home.dir, 'nowhere/at/all'))
})
