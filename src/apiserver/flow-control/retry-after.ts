/** Kubernetes: nobody is told to wait longer than this many seconds. */
const longest = 32

/** How long those who are turned away are told to wait: doubled while many are, shortened by a second while few are. */
export class RetryAfter {
  #history: { readonly second: number; readonly count: number }[] = []
  #second = 0
  #count = 0
  #raisedAt = 0
  #seconds = 1

  get seconds(): number {
    return this.#seconds
  }

  /** One more request was turned away. */
  note(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    if (second === this.#second) {
      this.#count++
      return
    }
    this.#history.push({ second: this.#second, count: this.#count })
    const kept = Math.min(longest, 2 * this.#seconds)
    this.#history = this.#history.filter((one) => this.#second - one.second <= kept)
    this.#second = second
    this.#count = 1
    this.#adjust(second)
  }

  #adjust(second: number): void {
    const wait = this.#seconds
    const lately = this.#history.filter((one) => second - one.second <= wait)
    const dropped = lately.reduce((sum, { count }) => sum + count, 0)
    if (second - this.#raisedAt >= wait && dropped >= 3 * wait) {
      this.#seconds = Math.min(longest, wait * 2)
      this.#raisedAt = second
    } else if (dropped < wait && wait > 1) this.#seconds = wait - 1
  }
}
