import * as fc from 'fast-check'
import t from 'tap'
import { controlRequestMessage, parseControlRequest } from '../../../src/wire/control/request.ts'
import type { ControlRequest } from '../../../src/wire/control/request.ts'
import { CmdaidError } from '../../../src/core/errors.ts'
import { errorMessage, okMessage, parseControlResponse } from '../../../src/wire/control/response.ts'

const CHECK = {
  request: 'check',
  line: 'rm -rf /',
  shell: 'zsh',
  cwd: null,
  actor: { kind: 'agent', name: 'codex', evidence: 'claimed' },
} as const satisfies ControlRequest

t.test('every request reads back as it was written', async (t) => {
  const names = ['status', 'sessions', 'reload', 'canary', 'flush', 'stop'] as const
  for (const request of [...names.map((name) => ({ request: name })), CHECK, { ...CHECK, cwd: '/tmp' }]) {
    t.strictSame(parseControlRequest(controlRequestMessage(request)), { ok: true, value: request })
  }
})

t.test('what is not exactly a request of version 1 is refused', async (t) => {
  const refusals: readonly (readonly [unknown, string])[] = [
    [null, 'malformed'],
    [[], 'malformed'],
    ['status', 'malformed'],
    [{ request: 'status' }, 'version'],
    [{ v: 2, request: 'status' }, 'version'],
    [{ v: '1', request: 'status' }, 'version'],
    [{ v: 1 }, 'malformed'],
    [{ v: 1, request: 'shutdown' }, 'malformed'],
    [{ v: 1, request: 'status', more: 1 }, 'malformed'],
    [{ v: 1, ...CHECK, line: 7 }, 'malformed'],
    [{ v: 1, ...CHECK, shell: 'csh' }, 'malformed'],
    [{ v: 1, ...CHECK, cwd: 7 }, 'malformed'],
    [{ v: 1, ...CHECK, actor: { kind: 'root', name: null, evidence: 'verified' } }, 'malformed'],
    [{ v: 1, ...CHECK, actor: null }, 'malformed'],
    [{ v: 1, ...CHECK, later: true }, 'malformed'],
  ]
  for (const [value, error] of refusals)
    t.strictSame(parseControlRequest(value), { ok: false, error }, JSON.stringify(value))
})

t.test('no value whatever throws', async () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      parseControlRequest(value)
      parseControlResponse('status', value)
    }),
  )
})

t.test('an answer is the value, or the daemon’s error with its code and hint', async (t) => {
  t.strictSame(parseControlResponse('flush', okMessage({ flushed: true })), { ok: true, value: { flushed: true } })
  const error = new CmdaidError('CMDAID_ERR_CONTROL_BUSY', 'too many', { hint: 'try again' })
  const parsed = parseControlResponse('flush', errorMessage(error))
  t.match(parsed, { ok: false, error: { code: 'CMDAID_ERR_CONTROL_BUSY', message: 'too many', hint: 'try again' } })
  const unknown = parseControlResponse('flush', {
    v: 1,
    ok: false,
    error: { code: 'CMDAID_ERR_FROM_THE_FUTURE', message: 'x' },
  })
  t.match(unknown, { ok: false, error: { code: 'CMDAID_ERR_CONTROL_PROTOCOL', message: 'x' } })
  for (const message of [null, {}, { v: 2, ok: true, value: {} }, { v: 1, ok: true }, { v: 1, ok: false }]) {
    t.match(parseControlResponse('flush', message), { ok: false, error: { code: 'CMDAID_ERR_CONTROL_PROTOCOL' } })
  }
})
