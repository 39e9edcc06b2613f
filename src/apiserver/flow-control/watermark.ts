/** The highest that a count was in the last second, as Kubernetes' metrics of requests in flight say it. */
export class Watermark {
  #value = 0
  #second = 0
  #high = 0
  #before = 0

  change(by: number, nowMs: number): void {
    this.#turn(nowMs)
    this.#value += by
    if (this.#value > this.#high) this.#high = this.#value
  }

  get value(): number {
    return this.#value
  }

  read(nowMs: number): number {
    this.#turn(nowMs)
    return Math.max(this.#before, this.#high)
  }

  #turn(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    if (second === this.#second) return
    this.#before = second === this.#second + 1 ? this.#high : this.#value
    this.#second = second
    this.#high = this.#value
  }
}
