import { milliValueOf, parseQuantity, sameJson } from '../../machinery/index.ts'
import type { Node } from '../../resources/index.ts'

/** cluster-autoscaler: by these labels nodes of groups that are alike may differ. */
const ignoredByDefault = [
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/fluentd-ds-ready',
  'kops.k8s.io/instancegroup',
  'coxswain.dev/node-group',
]
/** cluster-autoscaler: machines of one kind tell of slightly more or less memory, and their systems keep more or less of all. */
const memoryDifferenceMax = 0.015
const allocatableDifferenceMax = 0.05

/**
 * Whether nodes of two groups are alike, as cluster-autoscaler has it: the same capacity, nearly the same room, and the same
 * labels but for those that say where they stand, and those that are to be ignored besides.
 */
export function areSimilar(left: Node, right: Node, ignoredLabels: readonly string[] = []): boolean {
  return (
    alikeIn(left.status.capacity, right.status.capacity, (name) => (name === 'memory' ? memoryDifferenceMax : 0)) &&
    alikeIn(left.status.allocatable, right.status.allocatable, () => allocatableDifferenceMax) &&
    sameJson(labelsOf(left, ignoredLabels), labelsOf(right, ignoredLabels))
  )
}

type Amounts = Readonly<Record<string, string>>

function alikeIn(left: Amounts = {}, right: Amounts = {}, differenceMax: (name: string) => number): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...names].every((name) => {
    if (left[name] === undefined || right[name] === undefined) return false
    const [a, b] = [left[name], right[name]].map((text) => milliValueOf(parseQuantity(text))) as [number, number]
    const larger = Math.max(a, b)
    return larger - Math.min(a, b) <= larger * differenceMax(name)
  })
}

function labelsOf({ metadata }: Node, ignoredLabels: readonly string[]): object {
  const ignored = new Set([...ignoredByDefault, ...ignoredLabels])
  return Object.fromEntries(
    Object.entries(metadata.labels ?? {})
      .filter(([key]) => !ignored.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
