import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4_096

/** Unpredictable bytes in small portions: one call of the generator per pool instead of one per salt. No byte is given out twice. */
export function randomSource(): (bytes: number) => Uint8Array {
  let pool = Buffer.alloc(0)
  let at = 0
  return (bytes) => {
    if (at + bytes > pool.length) {
      pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_BYTES))
      at = 0
    }
    at += bytes
    return pool.subarray(at - bytes, at)
  }
}
