/** Kubernetes: how long kubelets may rest on what they know of secrets and config maps, by the number of nodes; the steps overlap, so that it does not waver. */
const steps = [
  { from: 0, to: 100, seconds: 0 },
  { from: 90, to: 500, seconds: 15 },
  { from: 450, to: 1000, seconds: 30 },
  { from: 900, to: 2000, seconds: 60 },
  { from: 1800, to: Number.POSITIVE_INFINITY, seconds: 300 },
]

/** The step that so many nodes are on, coming from another one. */
export function stepOf(nodes: number, before: number): number {
  let step = before
  while (step > 0 && nodes < steps[step]!.from) step--
  while (nodes > steps[step]!.to) step++
  return step
}

/** The seconds of a step. */
export const secondsOf = (step: number): number => steps[step]!.seconds
