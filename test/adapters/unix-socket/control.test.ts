import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tap from 'tap'
import { controlCall } from '../../../src/adapters/unix-socket/control-call.ts'
import { ControlServer } from '../../../src/adapters/unix-socket/control-server.ts'
import type { ControlHandler } from '../../../src/adapters/unix-socket/control-server.ts'
import { CmdaidError } from '../../../src/core/errors.ts'
import { CONTROL_REQUEST_BYTES_MAX } from '../../../src/core/limits.ts'
import { encodeControlMessage } from '../../../src/wire/control/frame.ts'
import { okMessage } from '../../../src/wire/control/response.ts'
import { until } from '../../support/until.ts'

const FLUSHED = okMessage({ flushed: true })

async function serve(t: Pick<typeof tap, 'teardown'>, handle: ControlHandler = async () => FLUSHED, more: object = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'cmdaid-control-'))
  const path = join(dir, 'control.sock')
  const errors: unknown[] = []
  const server = await ControlServer.open({ path, handle, onError: (error) => errors.push(error), ...more })
  t.teardown(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(dir, { recursive: true })
  })
  return { path, server, errors }
}

/** What a client gets back that writes `bytes`, up to the end of the connection. */
async function exchange(path: string, bytes: Buffer): Promise<Buffer> {
  const socket = connect(path)
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.write(bytes)
  await new Promise((resolve) => socket.on('close', resolve).on('error', resolve))
  return Buffer.concat(parts)
}

tap.test('a call gets the value that the handler made', async (t) => {
  const { path } = await serve(t, async ({ request }) =>
    request === 'canary' ? okMessage({ line: 'x', denied: true, effect: 'deny', mode: 'enforce' }) : FLUSHED,
  )
  t.strictSame(await controlCall(path, { request: 'flush' }, { timeoutMs: 5_000 }), { flushed: true })
  t.strictSame(await controlCall(path, { request: 'canary' }, { timeoutMs: 5_000 }), {
    line: 'x',
    denied: true,
    effect: 'deny',
    mode: 'enforce',
  })
})

tap.test('an error of the handler reaches the caller with its code; a bug does not tell its text', async (t) => {
  const { path, errors } = await serve(t, async ({ request }) => {
    if (request === 'flush') throw new CmdaidError('CMDAID_ERR_DIR_UNSAFE', 'a thing', { hint: 'do that' })
    throw new Error('secret')
  })
  await t.rejects(controlCall(path, { request: 'flush' }, { timeoutMs: 5_000 }), {
    code: 'CMDAID_ERR_DIR_UNSAFE',
    message: 'a thing',
    hint: 'do that',
  })
  await t.rejects(controlCall(path, { request: 'status' }, { timeoutMs: 5_000 }), {
    code: 'CMDAID_ERR_INTERNAL',
    message: 'cannot answer status',
  })
  t.equal(errors.length, 1)
})

tap.test('nobody there, no answer, an answer cut off and a caller that gives up are told apart', async (t) => {
  const { path, server } = await serve(t, () => new Promise(() => undefined))
  await t.rejects(controlCall(`${path}.not`, { request: 'flush' }, { timeoutMs: 5_000 }), {
    code: 'CMDAID_ERR_DAEMON_NOT_RUNNING',
  })
  await t.rejects(controlCall(path, { request: 'flush' }, { timeoutMs: 30 }), { code: 'CMDAID_ERR_CONTROL_TIMEOUT' })
  const giveUp = new AbortController()
  const given = controlCall(path, { request: 'flush' }, { timeoutMs: 5_000, signal: giveUp.signal })
  giveUp.abort(new Error('no longer wanted'))
  await t.rejects(given, { message: 'no longer wanted' })
  const waiting = controlCall(path, { request: 'flush' }, { timeoutMs: 5_000 })
  await until('the connection', () => server.connections > 0)
  const refused = t.rejects(waiting, { code: 'CMDAID_ERR_CONTROL_PROTOCOL' })
  await server[Symbol.asyncDispose]()
  await refused
})

tap.test('what is not the protocol is answered as that, and ends only its own connection', async (t) => {
  const { path } = await serve(t)
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0, 0, 0, 1, 0xc1]),
    Buffer.from([0x7f, 0xff, 0xff, 0xff]),
    Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from([1, 1])]),
  ]) {
    t.match((await exchange(path, bytes)).toString('latin1'), /CMDAID_ERR_CONTROL_PROTOCOL/)
  }
  const tooLong = Buffer.alloc(4)
  tooLong.writeUInt32BE(CONTROL_REQUEST_BYTES_MAX + 1)
  t.match((await exchange(path, tooLong)).toString('latin1'), /oversize/)
  t.strictSame(await controlCall(path, { request: 'flush' }, { timeoutMs: 5_000 }), { flushed: true })
})

tap.test('requests of another form leave the connection open for one of ours', async (t) => {
  const { path } = await serve(t, async () => FLUSHED, { idleMs: 100 })
  const bytes = Buffer.concat(
    [
      { v: 2, request: 'flush' },
      { v: 1, request: 'nonsense' },
      { v: 1, request: 'flush' },
    ].map(encodeControlMessage),
  )
  const text = (await exchange(path, bytes)).toString('latin1')
  t.match(text, /another version.*no known form.*flushed/s)
})

tap.test('a connection on which nothing happens is closed', async (t) => {
  const { path, server } = await serve(t, async () => FLUSHED, { idleMs: 30 })
  t.equal((await exchange(path, Buffer.from([0, 0]))).length, 0)
  await until('the end', () => server.connections === 0)
})

tap.test('a connection is not closed for the silence of whoever works on its answer, but is afterwards', async (t) => {
  const slowly = async (): Promise<typeof FLUSHED> => {
    await sleep(200)
    return FLUSHED
  }
  const { path, server } = await serve(t, slowly, { idleMs: 30 })
  const bytes = encodeControlMessage({ v: 1, request: 'flush' })
  t.match((await exchange(path, bytes)).toString('latin1'), 'flushed')
  await until('the end', () => server.connections === 0)
})

tap.test('one connection too many is told so', async (t) => {
  const { path, server } = await serve(t, async () => FLUSHED, { connectionsMax: 2 })
  const held = [connect(path), connect(path)]
  await until('both', () => server.connections === 2)
  await t.rejects(controlCall(path, { request: 'flush' }, { timeoutMs: 5_000 }), { code: 'CMDAID_ERR_CONTROL_BUSY' })
  t.equal(server.refused, 1)
  for (const socket of held) socket.destroy()
  await until('room', () => server.connections === 0)
  t.strictSame(await controlCall(path, { request: 'flush' }, { timeoutMs: 5_000 }), { flushed: true })
})

tap.test('ten thousand connections are bounded, and the socket serves again after them', async (t) => {
  const { path, server, errors } = await serve(t)
  let most = 0
  let refusedOrClosed = 0
  for (let round = 0; round < 20; round += 1) {
    const sockets: Socket[] = Array.from({ length: 500 }, () => connect(path))
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.on('connect', resolve)
            socket.on('error', () => resolve())
            socket.on('close', () => {
              refusedOrClosed += 1
            })
            socket.resume()
          }),
      ),
    )
    most = Math.max(most, server.connections)
    for (const socket of sockets) socket.destroy()
  }
  t.ok(most <= 32, `${most} were held`)
  await until('all to end', () => refusedOrClosed === 10_000 && server.connections === 0)
  t.strictSame(await controlCall(path, { request: 'flush' }, { timeoutMs: 5_000 }), { flushed: true })
  t.strictSame(errors, [])
})

tap.test('a path that is too long is a coded error', async (t) => {
  const path = join(tmpdir(), 'x'.repeat(200), 'control.sock')
  const opening = ControlServer.open({ path, handle: async () => FLUSHED, onError: () => undefined })
  await t.rejects(opening, { code: 'CMDAID_ERR_SOCKET' })
})
