/** How long processes waited: in total, in microseconds, and as shares of the last 10, 60 and 300 seconds. */
export interface StallTimes {
  readonly total: number
  readonly avg10: number
  readonly avg60: number
  readonly avg300: number
}
/** How long some processes of a group, and how long all of them at once, waited for something. */
export interface Stalls {
  readonly full: StallTimes
  readonly some: StallTimes
}
/** What a group's processes waited for; what the kernel does not tell is left out. */
export interface GroupPressure {
  readonly cpu?: Stalls
  readonly memory?: Stalls
  readonly io?: Stalls
}
const none: StallTimes = { total: 0, avg10: 0, avg60: 0, avg300: 0 }

/** Reads the kernel's `some` and `full` lines; undefined where they are not told. */
export function parseStalls(text: string | undefined): Stalls | undefined {
  if (text === undefined) return undefined
  const line = (kind: string) => {
    const values = new RegExp(`^${kind} avg10=([\\d.]+) avg60=([\\d.]+) avg300=([\\d.]+) total=(\\d+)$`, 'm').exec(text)
    if (values === null) return undefined
    const [avg10, avg60, avg300, total] = values.slice(1).map(Number) as [number, number, number, number]
    return { total, avg10, avg60, avg300 }
  }
  const some = line('some')
  return some && { full: line('full') ?? none, some }
}

/** What a group's pressure files tell; undefined where there are none. */
export async function pressureOf(
  read: (file: string) => Promise<string | undefined>,
): Promise<GroupPressure | undefined> {
  const [cpu, memory, io] = (
    await Promise.all(['cpu', 'memory', 'io'].map((resource) => read(`${resource}.pressure`)))
  ).map(parseStalls)
  if (cpu === undefined && memory === undefined && io === undefined) return undefined
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(io === undefined ? {} : { io }),
  }
}
