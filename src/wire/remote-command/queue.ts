/** Chunks handed from one side to an async iterator on the other; ended once, or broken. */
export class ChunkQueue<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = []
  #ended = false
  #wake: (() => void) | undefined
  #drained: { readonly below: number; readonly done: () => void } | undefined

  push(item: T): void {
    if (this.#ended) return
    this.#waiting.push(item)
    this.#wake?.()
  }
  end(): void {
    this.#ended = true
    this.#wake?.()
    this.#drained?.done()
  }
  /** Resolves once fewer than this many wait to be read, or none ever will be. One waiter at a time. */
  async drained(below: number): Promise<void> {
    if (this.#waiting.length < below || this.#ended) return
    await new Promise<void>((done) => (this.#drained = { below, done }))
    this.#drained = undefined
  }
  get length(): number {
    return this.#waiting.length
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const next = this.#waiting.shift()
      if (this.#drained !== undefined && this.#waiting.length < this.#drained.below) this.#drained.done()
      if (next !== undefined) yield next
      else if (this.#ended) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
