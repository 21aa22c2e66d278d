import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tap from 'tap'
import { isSlotName } from '../../../src/adapters/session-fifo/slot-folder.ts'
import { SlotPool } from '../../../src/adapters/session-fifo/slot-pool.ts'
import type { SlotPoolOptions } from '../../../src/adapters/session-fifo/slot-pool.ts'
import { SLOTS_FREE_MIN } from '../../../src/core/limits.ts'
import { until } from '../../support/until.ts'

const LIVING = 4_242

function temporaryDir(t: Pick<typeof tap, 'teardown'>): string {
  const dir = mkdtempSync(join(tmpdir(), 'cmdaid-slots-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  return join(dir, 's')
}

async function open(
  t: Pick<typeof tap, 'teardown'>,
  dir: string,
  more: Partial<SlotPoolOptions> = {},
): Promise<{ pool: SlotPool; adopted: [string, number][]; errors: unknown[] }> {
  const adopted: [string, number][] = []
  const errors: unknown[] = []
  const pool = await SlotPool.open({
    dir,
    isAlive: (pid) => pid === LIVING,
    onFrame: () => undefined,
    onFault: () => undefined,
    onAdopted: (slot, pid) => adopted.push([slot.name, pid]),
    onError: (error) => errors.push(error),
    ...more,
  })
  t.teardown(() => pool[Symbol.asyncDispose]())
  return { pool, adopted, errors }
}

function makeSlot(dir: string, name: string, claimed: string | null): string {
  const slot = join(dir, name)
  mkdirSync(slot, { recursive: true, mode: 0o700 })
  spawnSync('/usr/bin/mkfifo', ['-m', '600', join(slot, 'req'), join(slot, 'rep')])
  if (claimed !== null) writeFileSync(join(slot, 'claimed'), claimed)
  return slot
}

tap.test('a pool begins with free slots, each under its final name, and goes on until there are enough', async (t) => {
  const dir = temporaryDir(t)
  const { pool, errors } = await open(t, dir)
  t.ok(pool.freeCount > 0)
  t.equal(readdirSync(dir).filter(isSlotName).length, pool.freeCount)
  await until('enough of them', () => pool.freeCount >= SLOTS_FREE_MIN)
  await pool.refill()
  t.equal(readdirSync(dir).filter(isSlotName).length, pool.freeCount)
  t.strictSame(errors, [])
})

tap.test('shells that come all at once find a slot each', async (t) => {
  const dir = temporaryDir(t)
  const { pool } = await open(t, dir)
  await pool.refill()
  const claimed = readdirSync(dir).filter(isSlotName).slice(0, SLOTS_FREE_MIN)
  for (const name of claimed) writeFileSync(join(dir, name, 'claimed'), `${LIVING}\n`, { flag: 'wx' })
  pool.sweep()
  t.equal(pool.takenCount, SLOTS_FREE_MIN)
  await pool.refill()
  t.ok(pool.freeCount >= SLOTS_FREE_MIN)
})

tap.test('a pool never holds more slots than its bound, and says when it is full', async (t) => {
  const dir = temporaryDir(t)
  const { pool, errors } = await open(t, dir, { slotsMax: 5 })
  t.strictSame([pool.freeCount, pool.full], [5, true])
  for (const name of readdirSync(dir)) writeFileSync(join(dir, name, 'claimed'), `${LIVING}\n`)
  pool.sweep()
  await pool.refill()
  t.strictSame([pool.freeCount, pool.takenCount, pool.full, errors], [0, 5, true, []])
})

tap.test('only the claimed slots of living shells are taken over; everything else goes', async (t) => {
  const dir = temporaryDir(t)
  makeSlot(dir, '00000000000000aa', `${LIVING}\n`)
  makeSlot(dir, '00000000000000bb', '4243\n')
  makeSlot(dir, '00000000000000cc', null)
  makeSlot(dir, '00000000000000dd', 'no pid\n')
  makeSlot(dir, 'not-a-slot', `${LIVING}\n`)
  const plain = makeSlot(dir, '00000000000000ee', `${LIVING}\n`)
  rmSync(join(plain, 'req'))
  writeFileSync(join(plain, 'req'), 'a plain file in the place of a FIFO')
  const linked = makeSlot(dir, '00000000000000ff', `${LIVING}\n`)
  rmSync(join(linked, 'rep'))
  symlinkSync(join(dir, '00000000000000aa', 'rep'), join(linked, 'rep'))
  const { adopted, pool } = await open(t, dir, { slotsMax: 3 })
  t.strictSame(adopted, [['00000000000000aa', LIVING]])
  t.strictSame([pool.takenCount, pool.freeCount], [1, 2])
  await until('the rest to go', () => readdirSync(dir).length === 3)
})

tap.test('a slot claimed by a shell that died without a word is removed', async (t) => {
  const dir = temporaryDir(t)
  const { pool } = await open(t, dir, { slotsMax: 2 })
  const [name = ''] = readdirSync(dir)
  writeFileSync(join(dir, name, 'claimed'), '4243\n')
  pool.sweep()
  t.ok(readdirSync(dir).includes(name), 'what it said may still lie unread')
  pool.sweep()
  await until('another in its place', () => pool.freeCount === 2 && !readdirSync(dir).includes(name))
})

tap.test('closing a pool removes free slots and leaves claimed ones to the next daemon', async (t) => {
  const dir = temporaryDir(t)
  const { pool } = await open(t, dir, { slotsMax: 3 })
  const [name = ''] = readdirSync(dir)
  writeFileSync(join(dir, name, 'claimed'), `${LIVING}\n`)
  pool.sweep()
  await pool[Symbol.asyncDispose]()
  t.strictSame(readdirSync(dir), [name])
  const next = await open(t, dir, { slotsMax: 3 })
  t.strictSame(next.adopted, [[name, LIVING]])
})
