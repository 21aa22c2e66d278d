/** How many characters of a text its hash takes in. */
export const HASHED_CHARACTERS = 24

/** 32 bits by which texts are compared before they are: equal texts have equal ones. */
export function textHash(text: string): number {
  const end = text.length < HASHED_CHARACTERS ? text.length : HASHED_CHARACTERS
  let hash = 0
  for (let at = 0; at < end; at += 1) hash = stirred(hash, text.charCodeAt(at))
  return stirred(hash, text.length)
}

/** One step of it: a character, and at last the length. */
export function stirred(hash: number, value: number): number {
  return (Math.imul(hash, 31) + value) | 0
}
