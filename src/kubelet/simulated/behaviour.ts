import { parseDuration } from '../../machinery/index.ts'

/** Annotations by which a pod says how its simulated containers behave; durations as Go writes them (`1.5s`). */
export const simulatedAnnotations = {
  startDelay: 'simulated.coxswain.io/start-delay',
  readyDelay: 'simulated.coxswain.io/ready-delay',
  exitAfter: 'simulated.coxswain.io/exit-after',
  exitCode: 'simulated.coxswain.io/exit-code',
  stopDelay: 'simulated.coxswain.io/stop-delay',
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
