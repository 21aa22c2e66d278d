/**
 * What one line may cost, counted in steps of about a microsecond each. Deterministic: the same line always ends at the
 * same step, on any machine, so that no line is judged on one and waved through on another.
 */
export class Budget {
  readonly #total: number
  #spent = 0
  #exhausted = false

  constructor(total: number) {
    this.#total = total
  }

  /** False, from then on always, when more was asked for than there is. What is refused must not be done. */
  take(steps: number): boolean {
    if (this.#exhausted || this.#spent + steps > this.#total) {
      this.#exhausted = true
      return false
    }
    this.#spent += steps
    return true
  }

  /** The same for characters that are copied, searched or decoded. */
  takeText(characters: number): boolean {
    return this.take(characters * STEPS_PER_CHARACTER)
  }

  get exhausted(): boolean {
    return this.#exhausted
  }

  /** Steps done so far. What was refused was not done, and does not count. */
  get spent(): number {
    return this.#spent
  }
}

const STEPS_PER_CHARACTER = 1 / 16
