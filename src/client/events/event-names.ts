import type { Clock, Random } from '../../machinery/index.ts'

/** Names for events about an object, never the same one twice. */
export function createEventNames(clock: Clock, random: Random): (about: string) => string {
  let lastTail = 0n
  return (about) => {
    // Kubernetes: nanoseconds in hex. The clock gives milliseconds, chance the rest.
    const nanoseconds = BigInt(Math.floor(clock.now())) * 1_000_000n + BigInt(Math.floor(random.next() * 1_000_000))
    lastTail = nanoseconds > lastTail ? nanoseconds : lastTail + 1n
    return `${about}.${lastTail.toString(16)}`
  }
}
