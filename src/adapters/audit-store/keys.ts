import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { CmdaidError } from '../../core/errors.ts'
import { originOf } from '../../core/audit/checkpoint.ts'
import { noteKey, publicKeyBytes } from '../../core/audit/note.ts'
import type { NoteKey } from '../../core/audit/note.ts'
import { createDurably } from './durable-file.ts'
import type { FileOperations } from './file-operations.ts'
import { isMissing } from './io-error.ts'
import type { AuditLayout } from './layout.ts'
import { readSmallFile } from './read-file.ts'
import { AUDIT_KEY_FILE_BYTES_MAX } from '../../core/limits.ts'

/** What signs this log's checkpoints. The origin names the key, so a log cannot be signed with another one. */
export type DeviceKey = { readonly privateKey: KeyObject; readonly note: NoteKey; readonly origin: string }

const INCARNATION = 1

/** The device key, or null when there is none yet. */
export async function readDeviceKey(files: FileOperations, layout: AuditLayout): Promise<DeviceKey | null> {
  let pem: Buffer
  try {
    pem = await readSmallFile(files, layout.deviceKey, AUDIT_KEY_FILE_BYTES_MAX)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  try {
    return deviceKey(createPrivateKey(pem))
  } catch (cause) {
    throw new CmdaidError('CMDAID_ERR_AUDIT_DAMAGED', `the key in ${layout.deviceKey} cannot be read`, { cause })
  }
}

/** Durable before anything is signed with it: a log must not outlive its key by a power cut. */
export async function createDeviceKey(files: FileOperations, layout: AuditLayout): Promise<DeviceKey> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await createDurably(files, layout.keys, layout.deviceKey, pem)
  return deviceKey(privateKey)
}

export function deviceKey(privateKey: KeyObject): DeviceKey {
  const publicKey = publicKeyBytes(privateKey)
  const origin = originOf(publicKey, INCARNATION)
  return { privateKey, note: noteKey(origin, publicKey), origin }
}

export const LOG_INCARNATION = INCARNATION
