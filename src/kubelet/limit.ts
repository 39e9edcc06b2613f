/** Runs at most so many at a time; the rest wait in order. */
export function createLimit(atOnceMax: number): <R>(work: () => Promise<R>) => Promise<R> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      // The place passes straight to the next in line, so that nobody can slip in between.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
