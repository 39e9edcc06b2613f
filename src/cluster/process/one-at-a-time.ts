import { once } from 'node:events'
import { createServer } from 'node:net'
import { systemClock } from '../../machinery/index.ts'

const pollMs = 10
/** What fits into the address of a socket, the word before it taken off. */
const nameBytesMax = 90

/**
 * Runs `one` while no other process of this machine runs one of the same name: who has the name as the address of a socket is at
 * it, and loses it when it ends, however it does. Where there are no such addresses (elsewhere than on Linux) or none are
 * allowed, it runs at once.
 */
export async function oneAtATime<T>(name: string, one: () => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return one()
  const clock = systemClock()
  const path = `\0coxswain ${Buffer.from(name).subarray(-nameBytesMax).toString('latin1')}`
  for (;;) {
    const server = createServer().listen(path)
    try {
      await once(server, 'listening')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return one()
      await clock.sleep(pollMs)
      continue
    }
    try {
      return await one()
    } finally {
      server.close()
    }
  }
}
