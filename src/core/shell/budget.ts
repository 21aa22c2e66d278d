import { ANALYSIS_DERIVED_CHARACTERS_MAX } from '../limits.ts'

/**
 * What one analysis may compute beyond the line itself: characters of expanded, decoded and re-parsed text. A few
 * assignments (`x=$x$x`) would otherwise double it without end.
 */
export class Budget {
  #left = ANALYSIS_DERIVED_CHARACTERS_MAX

  /** False, from then on always, when more was asked for than there is. */
  take(characters: number): boolean {
    this.#left -= characters
    return this.#left >= 0
  }

  get exhausted(): boolean {
    return this.#left < 0
  }
}
