import type { Taint, Toleration } from './shapes.ts'

/** Whether this toleration lets a pod bear this taint. */
export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false
  if ((toleration.key ?? '') !== '' && toleration.key !== taint.key) return false
  const operator = toleration.operator ?? ''
  if (operator === 'Exists') return true
  return (operator === '' || operator === 'Equal') && (toleration.value ?? '') === (taint.value ?? '')
}

/** Whether one of the tolerations tolerates the taint. */
export function isTolerated(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return tolerations?.some((toleration) => toleratesTaint(toleration, taint)) === true
}

/** The first taint of one of these effects that no toleration bears. */
export function untoleratedTaint(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[] = ['NoSchedule', 'NoExecute'],
): Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !isTolerated(tolerations, taint))
}

/**
 * How long a pod may stay on a node with these NoExecute taints: 0 when it must go at once, Infinity when it may stay,
 * else the shortest time that its tolerations give.
 */
export function toleratedSeconds(taints: readonly Taint[], tolerations: readonly Toleration[] | undefined): number {
  let seconds = Number.POSITIVE_INFINITY
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue
    const bearing = (tolerations ?? []).filter((toleration) => toleratesTaint(toleration, taint))
    if (bearing.length === 0) return 0
    for (const { tolerationSeconds } of bearing) {
      if (tolerationSeconds !== undefined) seconds = Math.min(seconds, Math.max(0, tolerationSeconds))
    }
  }
  return seconds
}
