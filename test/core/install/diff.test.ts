import t from 'tap'
import * as fc from 'fast-check'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unifiedDiff } from '../../../src/core/install/diff.ts'

const folder = mkdtempSync(join(tmpdir(), 'cmdaid-diff-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** What diff(1) says, with our names. */
function systemDiff(before: string, after: string): string {
  writeFileSync(join(folder, 'a'), before)
  writeFileSync(join(folder, 'b'), after)
  const ran = spawnSync('diff', ['-u', '--label', 'old', '--label', 'new', join(folder, 'a'), join(folder, 'b')])
  return ran.stdout.toString()
}

t.test('equal texts differ in nothing', async (t) => {
  t.equal(unifiedDiff({ name: 'a', text: 'x\ny' }, { name: 'b', text: 'x\ny' }), '')
})

t.test('lines put in or taken out at one place are shown as diff(1) shows them', async () => {
  const lines = fc
    .array(fc.uniqueArray(fc.nat({ max: 99 }), { maxLength: 1 }), { maxLength: 8 })
    .map((rows) => rows.map((row) => `line ${row[0] ?? ''}\n`).join(''))
  const open = fc.constantFrom('', 'open')
  fc.assert(
    fc.property(lines, lines, open, (head, tail, end) => {
      const [before, after] = [`${head}${tail}${end}`, `${head}new one\nnew two\n${tail}${end}`]
      const name = (text: string, name: string): { name: string; text: string } => ({ name, text })
      return (
        unifiedDiff(name(before, 'old'), name(after, 'new')) === systemDiff(before, after) &&
        unifiedDiff(name(after, 'old'), name(before, 'new')) === systemDiff(after, before)
      )
    }),
    { numRuns: 60 },
  )
})

t.test('a last line that gets an end is shown as changed', async (t) => {
  t.equal(
    unifiedDiff({ name: '/home/u/.bashrc', text: 'x\ny' }, { name: '/home/u/.bashrc', text: 'x\ny\nz\n' }),
    '--- /home/u/.bashrc\n+++ /home/u/.bashrc\n@@ -1,2 +1,3 @@\n x\n-y\n\\ No newline at end of file\n+y\n+z\n',
  )
})
