import * as fc from 'fast-check'
import t from 'tap'
import type { AttemptId, SessionId } from '../../src/core/event/ids.ts'
import { encodeSavedSession, parseSavedSession } from '../../src/daemon/saved-session.ts'
import type { SavedSession } from '../../src/daemon/saved-session.ts'

const SAVED: SavedSession = {
  session: {
    id: '0123456789abcdef0123456789abcdef' as SessionId,
    shell: 'zsh',
    shellVersion: '5.9',
    pid: 4_242,
    pidStart: '123456',
    tty: null,
    interactive: true,
    actor: { kind: 'agent', name: 'codex', evidence: 'claimed' },
  },
  cwd: '/tmp/with "quotes"\nand lines',
  lastSeq: 7,
  open: [
    {
      attempt: 'fedcba9876543210fedcba9876543210' as AttemptId,
      sessionSeq: 7,
      answeredNs: 12_345_678_901_234_567n,
      refused: true,
    },
  ],
  canary: { outcome: 'enforced', atUs: 1_767_225_600_000_000n },
}

t.test('a session comes back as it was saved', async (t) => {
  t.strictSame(parseSavedSession(encodeSavedSession(SAVED)), SAVED)
})

t.test('a canary that was not saved, or not so, is one that nobody has seen', async (t) => {
  const good = JSON.parse(encodeSavedSession(SAVED)) as Record<string, object>
  const { canary: _, ...older } = good
  for (const text of [
    encodeSavedSession({ ...SAVED, canary: null }),
    JSON.stringify(older),
    JSON.stringify({ ...good, canary: { outcome: 'proved', atUs: '1' } }),
    JSON.stringify({ ...good, canary: { outcome: 'failed', atUs: 1 } }),
    JSON.stringify({ ...good, canary: ['failed', '1'] }),
  ]) {
    t.strictSame(parseSavedSession(text), { ...SAVED, canary: null }, text)
  }
})

t.test('anything else is nothing: the folder belongs to the user', async (t) => {
  const good = JSON.parse(encodeSavedSession(SAVED)) as Record<string, object>
  const changed = (change: object): string => JSON.stringify({ ...good, ...change })
  for (const text of [
    '',
    'null',
    '[]',
    '{"v":1',
    changed({ v: 2 }),
    changed({ lastSeq: -1 }),
    changed({ lastSeq: 1.5 }),
    changed({ cwd: null }),
    changed({ open: [{ ...SAVED.open[0], answeredNs: 'x' }] }),
    changed({ open: [null] }),
    changed({ session: { ...good['session'], id: 'short' } }),
    changed({ session: { ...good['session'], shell: 'csh' } }),
    changed({ session: { ...good['session'], actor: { kind: 'root', name: null, evidence: 'verified' } } }),
  ]) {
    t.equal(parseSavedSession(text), null, text)
  }
})

t.test('no text whatever throws', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseSavedSession(text)
    }),
  )
})
