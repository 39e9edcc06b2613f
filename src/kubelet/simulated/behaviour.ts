import { parseDuration, tryQuantity } from '../../machinery/index.ts'

/** Annotations by which a pod says how its simulated containers behave: durations as Go writes them (`1.5s`), quantities. */
export const simulatedAnnotations = {
  startDelay: 'simulated.coxswain.io/start-delay',
  readyDelay: 'simulated.coxswain.io/ready-delay',
  exitAfter: 'simulated.coxswain.io/exit-after',
  exitCode: 'simulated.coxswain.io/exit-code',
  stopDelay: 'simulated.coxswain.io/stop-delay',
  cpuUsage: 'simulated.coxswain.io/cpu-usage',
  memoryUsage: 'simulated.coxswain.io/memory-usage',
  answers: 'simulated.coxswain.io/answers',
} as const

/** How simulated containers behave. */
export interface SimulatedBehaviour {
  readonly startDelayMs: number
  readonly readyDelayMs: number
  /** Undefined: they run until they are told to stop. */
  readonly exitAfterMs: number | undefined
  readonly exitCode: number
  readonly stopDelayMs: number
}

/** The behaviour that annotations ask for; what they leave out, or write wrongly, is as quick as can be. */
export function behaviourOf(annotations: Readonly<Record<string, string>> | undefined): SimulatedBehaviour {
  const durationOf = (key: string) => {
    const text = annotations?.[key]
    if (text === undefined) return undefined
    try {
      return parseDuration(text)
    } catch {
      return undefined
    }
  }
  return {
    startDelayMs: durationOf(simulatedAnnotations.startDelay) ?? 0,
    readyDelayMs: durationOf(simulatedAnnotations.readyDelay) ?? 0,
    exitAfterMs: durationOf(simulatedAnnotations.exitAfter),
    exitCode: Number(annotations?.[simulatedAnnotations.exitCode] ?? 0) || 0,
    stopDelayMs: durationOf(simulatedAnnotations.stopDelay) ?? 0,
  }
}

/** What each container of a simulated pod uses, as annotations say; nothing where they do not. */
export function usageOf(annotations: Readonly<Record<string, string>> | undefined): {
  readonly nanoCores: number
  readonly memoryBytes: number
} {
  const nanosOf = (key: string) => Math.max(0, Number(tryQuantity(annotations?.[key] ?? '0')?.nanos ?? 0n))
  return {
    nanoCores: nanosOf(simulatedAnnotations.cpuUsage),
    memoryBytes: Math.trunc(nanosOf(simulatedAnnotations.memoryUsage) / 1e9),
  }
}

/** What a simulated pod answers to a request, as its annotation says: JSON by path, where `*` stands for one part of it. */
export function answerOf(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
): { readonly status: number; readonly body: unknown } | undefined {
  const text = annotations?.[simulatedAnnotations.answers]
  if (text === undefined) return undefined
  let answers: Readonly<Record<string, unknown>>
  try {
    answers = JSON.parse(text)
  } catch (error) {
    return { status: 500, body: `${simulatedAnnotations.answers} is not JSON: ${(error as Error).message}` }
  }
  const parts = path.split('?')[0]!.split('/')
  const matches = (pattern: string) => {
    const wanted = pattern.split('/')
    return wanted.length === parts.length && wanted.every((one, index) => one === '*' || one === parts[index])
  }
  const found = Object.entries(answers ?? {}).find(([pattern]) => matches(pattern))
  return found === undefined ? { status: 404, body: '404 page not found' } : { status: 200, body: found[1] }
}
