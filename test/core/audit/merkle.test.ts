import t from 'tap'
import * as fc from 'fast-check'
import { hashHex, leafHash, nodeHash, sha256 } from '../../../src/core/audit/hash.ts'
import type { Hash } from '../../../src/core/audit/hash.ts'
import {
  consistencyProof,
  GrowingRange,
  inclusionProof,
  merkleRoot,
  rangeLength,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/core/audit/merkle.ts'

/** The leaves of the test vectors that accompany the Certificate Transparency implementations. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => leafHash(Buffer.from(hex, 'hex')),
)

const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** The definition of RFC 6962 §2.1, word for word. */
function definedRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  if (leaves.length === 1) return leaves[0] as Hash
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return nodeHash(definedRoot(leaves.slice(0, k)), definedRoot(leaves.slice(k)))
}

const leaves = (count: number): Hash[] =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.of(index, index >> 8)))

t.test('roots of the known leaves are the known roots', async (t) => {
  t.strictSame(
    ROOTS.map((_, size) => hashHex(merkleRoot(LEAVES.slice(0, size)))),
    ROOTS,
  )
})

t.test('a growing range agrees with the definition at every size, and can be resumed at any', async (t) => {
  const all = leaves(70)
  const range = new GrowingRange()
  for (const [index, leaf] of all.entries()) {
    range.append(leaf)
    t.equal(range.root(), definedRoot(all.slice(0, index + 1)))
    t.equal(range.snapshot().nodes.length, rangeLength(index + 1))
    const resumed = new GrowingRange(range.snapshot())
    for (const later of all.slice(index + 1)) resumed.append(later)
    if (index % 9 === 0) t.equal(resumed.root(), definedRoot(all))
  }
})

t.test('inclusion is proved for every leaf, and for nothing else', async (t) => {
  for (let size = 1; size <= 20; size++) {
    const all = leaves(size)
    const root = merkleRoot(all)
    for (const [index, leaf] of all.entries()) {
      const proof = inclusionProof(all, index)
      const holds = (l: Hash, i: number, s: number, p: readonly Hash[], r: Hash): boolean =>
        verifyInclusion(l, i, s, p, r)
      t.ok(holds(leaf, index, size, proof, root))
      t.notOk(holds(leafHash(Buffer.from('other')), index, size, proof, root))
      t.notOk(holds(leaf, index, size, [...proof, root], root), 'too long')
      if (proof.length > 0) t.notOk(holds(leaf, index, size, proof.slice(1), root), 'too short')
      if (proof.length > 1) t.notOk(holds(leaf, index, size, proof.toReversed(), root), 'reordered')
      t.notOk(holds(leaf, size, size, proof, root), 'index outside')
      t.notOk(holds(leaf, -1, size, proof, root))
      t.notOk(holds(leaf, 0.5, size, proof, root))
    }
  }
  t.throws(() => inclusionProof(leaves(3), 3), RangeError)
})

t.test('consistency is proved between every two sizes, and never from nothing', async (t) => {
  const all = leaves(20)
  for (let to = 1; to <= all.length; to++) {
    const newRoot = merkleRoot(all.slice(0, to))
    for (let from = 1; from <= to; from++) {
      const oldRoot = merkleRoot(all.slice(0, from))
      const proof = consistencyProof(all.slice(0, to), from)
      t.ok(verifyConsistency(from, to, proof, oldRoot, newRoot))
      t.notOk(verifyConsistency(from, to, [...proof, newRoot], oldRoot, newRoot), 'too long')
      t.notOk(
        verifyConsistency(from, to, proof, newRoot, from === to ? oldRoot : newRoot) && from !== to,
        'another root',
      )
      if (proof.length > 0) t.notOk(verifyConsistency(from, to, proof.slice(0, -1), oldRoot, newRoot), 'too short')
      t.notOk(verifyConsistency(to + 1, to, proof, oldRoot, newRoot), 'old size beyond new')
    }
    t.notOk(verifyConsistency(0, to, [], merkleRoot([]), newRoot), 'old size 0')
  }
  t.throws(() => consistencyProof(all, 0), RangeError)
})

t.test('a leaf cannot pass for an inner node, nor the reverse', async (t) => {
  const [left, right] = leaves(2) as [Hash, Hash]
  const node = Buffer.from(left + right, 'latin1')
  t.not(leafHash(node), nodeHash(left, right))
  t.notOk(verifyInclusion(leafHash(node), 0, 1, [], merkleRoot([left, right])))
})

t.test('proofs hold for trees of any size', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), (size, a, b) => {
      const all = leaves(size)
      const root = merkleRoot(all)
      const index = a % size
      const old = 1 + (b % size)
      return (
        verifyInclusion(all[index] as Hash, index, size, inclusionProof(all, index), root) &&
        verifyConsistency(old, size, consistencyProof(all, old), merkleRoot(all.slice(0, old)), root)
      )
    }),
    { numRuns: 150 },
  )
})
