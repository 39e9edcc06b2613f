/**
 * Does something `count` times, in batches of 1, 2, 4, …, and stops at the first batch with a failure, which it rejects
 * with: a template that cannot work costs one call, not hundreds.
 */
export async function slowStart(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let done = 0
  for (let batch = 1; done < count; batch *= 2) {
    const size = Math.min(batch, count - done)
    const results = await Promise.allSettled(Array.from({ length: size }, (_, index) => act(done + index)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    done += size
  }
}

/** Does something for all at once and, when all are through, rejects with the first failure. */
export async function forAll<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(items.map(act))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
