import { baselineChecks } from './baseline.ts'
import type { PodSecurityStandard } from './policy.ts'
import { restrictedChecks } from './restricted.ts'
import type { Check, SecuredPod, Violation } from './shapes.ts'

const findOf = ({ since }: Check, minor: number) => since.findLast(([from]) => from <= minor)?.[1]

/** All that a standard forbids a pod, in the order of Kubernetes' messages; empty when the pod is allowed. */
export function podViolations({ level, version }: PodSecurityStandard, pod: SecuredPod): readonly Violation[] {
  if (level === 'privileged') return []
  const minor = version === 'latest' ? Number.POSITIVE_INFINITY : version
  const restricted = level === 'restricted' ? restrictedChecks.filter((one) => findOf(one, minor) !== undefined) : []
  const replaced = new Set(restricted.map(({ instead }) => instead))
  return [...baselineChecks.filter(({ id }) => !replaced.has(id)), ...restricted].flatMap(
    (check) => findOf(check, minor)?.(pod) ?? [],
  )
}

/** `hostPort (container "a" uses hostPort 80), privileged (…)`. */
export const violationsText = (violations: readonly Violation[]): string =>
  violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')

/** The same for many pods at once, by reasons alone: the pods are named by the first of them. */
export function violationsByReason(
  violating: readonly { readonly name: string; readonly violations: readonly Violation[] }[],
): readonly string[] {
  const namesBy = new Map<string, string[]>()
  for (const { name, violations } of violating) {
    if (violations.length === 0) continue
    const reasons = violations.map(({ reason }) => reason).join(', ')
    namesBy.set(reasons, [...(namesBy.get(reasons) ?? []), name])
  }
  const others = (count: number) => (count === 0 ? '' : ` (and ${count} other ${count === 1 ? 'pod' : 'pods'})`)
  return [...namesBy].map(([reasons, names]) => `${names.toSorted()[0]}${others(names.length - 1)}: ${reasons}`).sort()
}
