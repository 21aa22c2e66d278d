import { nodeHash, sha256 } from './hash.ts'
import type { Hash } from './hash.ts'

/**
 * The Merkle tree of RFC 6962 §2.1, over leaf hashes. A `CompactRange` is what must be kept to go on appending: the
 * roots of the perfect subtrees that make up the first `size` leaves, largest first, one for each set bit of `size`.
 */
export type CompactRange = { readonly size: number; readonly nodes: readonly Hash[] }

export const EMPTY_RANGE: CompactRange = { size: 0, nodes: [] }

const EMPTY_ROOT = sha256(new Uint8Array(0))

/** Appends in place: the same structure, for loops over millions of leaves. */
export class GrowingRange {
  #size: number
  readonly #nodes: Hash[]

  constructor(start: CompactRange = EMPTY_RANGE) {
    this.#size = start.size
    this.#nodes = [...start.nodes]
  }

  get size(): number {
    return this.#size
  }

  append(leaf: Hash): void {
    let node = leaf
    // Sizes exceed 2^31 in theory, so the trailing ones are counted by division, not by bit operators.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = nodeHash(this.#nodes.pop() as Hash, node)
    }
    this.#nodes.push(node)
    this.#size += 1
  }

  root(): Hash {
    return rangeRoot(this.#nodes)
  }

  snapshot(): CompactRange {
    return { size: this.#size, nodes: [...this.#nodes] }
  }
}

/** Root of the tree whose perfect subtrees are `nodes`, largest first; the empty tree's root is SHA-256 of nothing. */
export function rangeRoot(nodes: readonly Hash[]): Hash {
  let root = nodes.at(-1)
  if (root === undefined) return EMPTY_ROOT
  for (let index = nodes.length - 2; index >= 0; index--) root = nodeHash(nodes[index] as Hash, root)
  return root
}

/** How many nodes a compact range of `size` leaves has. */
export function rangeLength(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}

export function merkleRoot(leaves: readonly Hash[]): Hash {
  const range = new GrowingRange()
  for (const leaf of leaves) range.append(leaf)
  return range.root()
}

/** Largest power of two smaller than `size` (size ≥ 2). */
function split(size: number): number {
  let k = 1
  while (k * 2 < size) k *= 2
  return k
}

/** PATH(index, leaves) of RFC 6962 §2.1.1, nearest sibling first. */
export function inclusionProof(leaves: readonly Hash[], index: number): Hash[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length)
    throw new RangeError('index outside the tree')
  if (leaves.length === 1) return []
  const k = split(leaves.length)
  return index < k
    ? [...inclusionProof(leaves.slice(0, k), index), merkleRoot(leaves.slice(k))]
    : [...inclusionProof(leaves.slice(k), index - k), merkleRoot(leaves.slice(0, k))]
}

/** PROOF(oldSize, leaves) of RFC 6962 §2.1.2. There is none from the empty tree: it would prove nothing. */
export function consistencyProof(leaves: readonly Hash[], oldSize: number): Hash[] {
  if (!Number.isSafeInteger(oldSize) || oldSize < 1 || oldSize > leaves.length) {
    throw new RangeError('old size outside the tree')
  }
  return subproof(leaves, oldSize, true)
}

function subproof(leaves: readonly Hash[], oldSize: number, complete: boolean): Hash[] {
  if (oldSize === leaves.length) return complete ? [] : [merkleRoot(leaves)]
  const k = split(leaves.length)
  return oldSize <= k
    ? [...subproof(leaves.slice(0, k), oldSize, complete), merkleRoot(leaves.slice(k))]
    : [...subproof(leaves.slice(k), oldSize - k, false), merkleRoot(leaves.slice(0, k))]
}

/** RFC 9162 §2.1.3.2. True only when `proof` is exactly the path from the leaf to `root`. */
export function verifyInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[], root: Hash): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false
  let fn = index
  let sn = size - 1
  let node = leaf
  for (const sibling of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      node = nodeHash(sibling, node)
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      node = nodeHash(node, sibling)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && node === root
}

/** RFC 9162 §2.1.4.2. An old size of 0 is refused: every tree extends the empty one, so it says nothing. */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  proof: readonly Hash[],
  oldRoot: Hash,
  newRoot: Hash,
): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize < 1 || oldSize > newSize) return false
  if (oldSize === newSize) return proof.length === 0 && oldRoot === newRoot
  // A complete old subtree is its own first node and is not sent.
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof
  let fn = oldSize - 1
  let sn = newSize - 1
  while (fn % 2 === 1) {
    fn = half(fn)
    sn = half(sn)
  }
  const first = path[0]
  if (first === undefined || proof.length === 0) return false
  let oldNode = first
  let newNode = first
  for (const sibling of path.slice(1)) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      oldNode = nodeHash(sibling, oldNode)
      newNode = nodeHash(sibling, newNode)
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      newNode = nodeHash(newNode, sibling)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && oldNode === oldRoot && newNode === newRoot
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isPowerOfTwo(value: number): boolean {
  return rangeLength(value) === 1
}
