import type { Asked, Battery } from './battery.ts'
import { differences } from './differences.ts'
import { unexcepted } from './excepted.ts'
import { type Server, send } from './send.ts'

/** A request whose answers differ, and how. */
export interface Differing {
  readonly request: Asked
  readonly found: readonly string[]
}

/** What came of a battery: what differs, and how many requests differ only as they may. */
export interface Compared {
  readonly differing: readonly Differing[]
  readonly excused: number
}

const pauseMs = 2500

/** Sends a battery to both servers, request by request, and tells what differs. */
export async function runBattery({ requests }: Battery, ours: Server, theirs: Server): Promise<Compared> {
  const differing: Differing[] = []
  let excused = 0
  for (const request of requests) {
    if (request.late === true) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    const [a, b] = await Promise.all([send(ours, request), send(theirs, request)])
    const all = differences(a, b, request.silent)
    const found = unexcepted(request, all)
    if (found.length > 0) differing.push({ request, found })
    else if (all.length > 0) excused++
  }
  return { differing, excused }
}
