const kubeVersion = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/
const stages: Readonly<Record<string, number>> = { alpha: 0, beta: 1, ga: 2 }

/**
 * Which of two versions comes first where the best comes first. Kubernetes: v10, v2, v1, v2beta1, v1beta2, v1alpha1, then all
 * other names in alphabetical order.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0
  const left = kubeVersion.exec(a)
  const right = kubeVersion.exec(b)
  if (left === null || right === null) return left === right ? (a < b ? -1 : 1) : left === null ? 1 : -1
  const stage = stages[right[2] ?? 'ga']! - stages[left[2] ?? 'ga']!
  return stage || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0)
}
