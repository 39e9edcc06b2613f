/** Whether somebody has more urgent things to write than events. Those wait meanwhile, though not for ever. */
export class Rush {
  #over: PromiseWithResolvers<void> | undefined

  /** Says whether there is one now. */
  set(isOn: boolean): void {
    if (isOn) this.#over ??= Promise.withResolvers()
    else {
      this.#over?.resolve()
      this.#over = undefined
    }
  }
  /** Resolves when it is over; undefined when there is none. */
  get over(): Promise<void> | undefined {
    return this.#over?.promise
  }
}
