import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ALIAS_FILE_BYTES_MAX } from '../../src/core/limits.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { RawShell, helloText } from './raw-shell.ts'
import { recordsOf } from './records.ts'

type Row = readonly [kind: string, name: string, value: string]

/** Writes over what is there without truncating it, as shells do. */
function tellAliases(shell: RawShell, rows: readonly Row[], behind = ''): void {
  const text = `${rows.map((row) => row.map((field) => `${field}\0`).join('')).join('')}\0${behind}`
  writeFileSync(join(shell.slotDir, 'aliases'), text, { mode: 0o600 })
}

t.test('aliases of a session', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  const { runtimeDir } = home

  await t.test('a line is judged by what its first word stands for, and recorded as it was typed', async (t) => {
    using shell = RawShell.join(runtimeDir)
    tellAliases(shell, [['a', 'ok', 'DENYME now']])
    t.equal(await shell.ask('ok', { form: 'p 1' }), 'B')
    t.equal(await shell.ask('true; ok then', { form: 'p 1' }), 'C')
    t.equal(await shell.ask('echo ok', { form: 'p 1' }), 'd')
    const asked = (await recordsOf(home)).filter(({ record }) => record === 'PREEXEC')
    t.equal(asked.at(-3)?.command?.text, 'ok')
  })

  await t.test('without a generation nothing stands for anything else', async (t) => {
    using shell = RawShell.join(runtimeDir)
    tellAliases(shell, [['a', 'ok', 'DENYME']])
    t.equal(await shell.ask('ok'), 'b')
    t.equal(await shell.ask('ok', { form: 'p 1' }), 'C')
    t.equal(await shell.ask('ok'), 'd')
  })

  await t.test('the file is read again when the generation is another, and only then', async (t) => {
    using shell = RawShell.join(runtimeDir)
    tellAliases(shell, [['a', 'ok', 'true']])
    t.equal(await shell.ask('ok', { form: 'p 1' }), 'b')
    tellAliases(shell, [['a', 'ok', 'DENYME']])
    t.equal(await shell.ask('ok', { form: 'p 1' }), 'c')
    t.equal(await shell.ask('ok'), 'd')
    t.equal(await shell.ask('ok', { form: 'p 1' }), 'e')
    t.equal(await shell.ask('ok', { form: 'p 2' }), 'F')
    tellAliases(shell, [], 'a\0ok\0DENYME\0')
    t.equal(await shell.ask('ok', { form: 'p 3' }), 'g')
  })

  await t.test('zsh aliases of any word and of suffixes count in zsh', async (t) => {
    using shell = RawShell.join(runtimeDir, { hello: helloText(process.pid).replace('shell=bash', 'shell=zsh') })
    tellAliases(shell, [
      ['g', 'NO', '; DENYME'],
      ['s', 'pdf', 'DENYME'],
    ])
    t.equal(await shell.ask('true NO', { form: 'p 7' }), 'B')
    t.equal(await shell.ask('paper.pdf', { form: 'p 7' }), 'C')
    t.equal(await shell.ask('true paper.pdf', { form: 'p 7' }), 'd')
  })

  await t.test('a file that is missing, no file, or too long stops nothing', async (t) => {
    using shell = RawShell.join(runtimeDir)
    t.equal(await shell.ask('DENYME', { form: 'p 1' }), 'B')
    spawnSync('/usr/bin/mkfifo', [join(shell.slotDir, 'aliases')])
    t.equal(await shell.ask('DENYME', { form: 'p 2' }), 'C')
    rmSync(join(shell.slotDir, 'aliases'))
    tellAliases(shell, [
      ['a', 'ok', 'DENYME'],
      ['a', 'long', 'x'.repeat(ALIAS_FILE_BYTES_MAX)],
      ['a', 'late', 'DENYME'],
    ])
    t.strictSame([await shell.ask('ok', { form: 'p 3' }), await shell.ask('late', { form: 'p 3' })], ['D', 'e'])
  })

  await t.test('a daemon that comes after knows them from the next ask on', async (t) => {
    using shell = RawShell.join(runtimeDir)
    tellAliases(shell, [['a', 'ok', 'DENYME']])
    t.equal(await shell.ask('ok', { form: 'p 4' }), 'B')
    await recordsOf(home)
    await daemon.kill()
    await daemon.start()
    t.equal(await shell.ask('ok', { form: 'p 4' }), 'C')
  })
})
