import { readFile, stat } from 'node:fs/promises'
import { CmdaidError } from '../core/errors.ts'
import { LOG_POLICY_BYTES_MAX } from '../core/limits.ts'

/**
 * Reads who must have signed a log, in the form that other tools for signed logs use: a line `log <name+id+key>`; `#` begins a
 * comment. Witnesses and quorums are refused, since this version could not hold a log to them.
 * @returns the key of the log
 */
export async function readLogPolicy(path: string): Promise<string> {
  const keys: string[] = []
  for (const line of (await read(path)).split('\n')) {
    const [word, key, ...more] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (word === undefined || word === '') continue
    if (word === 'quorum' && key === 'none') continue
    if (word !== 'log' || key === undefined || more.length > 1) {
      throw new CmdaidError('CMDAID_ERR_AUDIT_UNSUPPORTED', `${path}: \`${word}\` is not known in this version`, {
        hint: 'a line `log NAME+ID+KEY` names who must have signed',
      })
    }
    keys.push(key)
  }
  const [key] = keys
  if (key === undefined || keys.length > 1) {
    throw new CmdaidError('CMDAID_ERR_AUDIT_HEAD', `${path} names ${keys.length} logs instead of one`)
  }
  return key
}

async function read(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > LOG_POLICY_BYTES_MAX) {
      throw new CmdaidError('CMDAID_ERR_AUDIT_HEAD', `${path} is larger than ${LOG_POLICY_BYTES_MAX} bytes`)
    }
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof CmdaidError) throw cause
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new CmdaidError(missing ? 'CMDAID_ERR_AUDIT_MISSING' : 'CMDAID_ERR_AUDIT_IO', `cannot read ${path}`, {
      cause,
    })
  }
}
