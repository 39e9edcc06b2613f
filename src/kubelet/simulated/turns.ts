import type { Clock } from '../../machinery/index.ts'

/**
 * Lets so much be begun, then everything else of the process have its turn, then so much again. Without it, calls that are
 * answered at once follow each other until none is left, and whoever waits for a timer or a socket waits for all of them.
 */
export class Turns {
  readonly #clock: Clock
  readonly #perTurnMax: number
  readonly #waiting: (() => void)[] = []
  #begun = 0
  #isTurnCounted = false

  constructor(clock: Clock, perTurnMax: number) {
    this.#clock = clock
    this.#perTurnMax = perTurnMax
  }

  /** Resolves when one more may be begun, in the order of asking. */
  next(): Promise<void> | undefined {
    if (!this.#isTurnCounted) {
      this.#isTurnCounted = true
      this.#clock.after(0, () => this.#turn())
    }
    if (this.#begun < this.#perTurnMax) {
      this.#begun++
      return undefined
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #turn(): void {
    const admitted = this.#waiting.splice(0, this.#perTurnMax)
    this.#begun = admitted.length
    this.#isTurnCounted = admitted.length > 0
    if (this.#isTurnCounted) this.#clock.after(0, () => this.#turn())
    for (const begin of admitted) begin()
  }
}
