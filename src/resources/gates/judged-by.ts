import { defaultGates, type FeatureGates } from './gates.ts'

let gates: FeatureGates = defaultGates

/** Whether a feature is on for the object that is being judged. */
export function isOn(gate: string): boolean {
  return gates.enabled(gate)
}
/** The features that the object that is being judged is judged by. */
export function gatesNow(): FeatureGates {
  return gates
}

/**
 * Judges an object by the features of the server it is written to, wherever in the rules they matter. Judging waits for nothing, so that
 * servers with other features are not mixed up.
 */
export function judgedBy<T>(chosen: FeatureGates, judge: () => T): T {
  const before = gates
  gates = chosen
  try {
    return judge()
  } finally {
    gates = before
  }
}
