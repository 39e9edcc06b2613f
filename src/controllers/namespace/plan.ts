import { type KubeObject, sameJson } from '../../machinery/index.ts'
import type { NamespaceCondition } from '../../resources/index.ts'
import { setCondition } from '../runtime/conditions.ts'

/** What is left of one kind in a namespace that is going. */
export interface Remaining {
  /** `plural.group`; Kubernetes: with the dot, even for the group without a name. */
  readonly kind: string
  readonly objects: readonly KubeObject[]
}

/** The conditions of a namespace that is going. Kubernetes: each says what is wrong, or that all is well. */
export function deletionConditions(
  known: readonly NamespaceCondition[] | undefined,
  remaining: readonly Remaining[],
  { failures, undiscovered }: { readonly failures: readonly string[]; readonly undiscovered: readonly string[] },
  nowMs: number,
): readonly NamespaceCondition[] {
  const left = remaining.filter(({ objects }) => objects.length > 0)
  const finalizers = new Map<string, number>()
  for (const { objects } of left) {
    for (const object of objects)
      for (const one of object.metadata.finalizers ?? []) finalizers.set(one, (finalizers.get(one) ?? 0) + 1)
  }
  const said = [
    undiscovered.length === 0
      ? condition('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered')
      : condition(
          'NamespaceDeletionDiscoveryFailure',
          'DiscoveryFailed',
          `Discovery failed for some groups, ${undiscovered.length} failing: unable to retrieve the complete list of server APIs: ${undiscovered.toSorted().join(', ')}`,
          'True',
        ),
    condition(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    failures.length === 0
      ? condition(
          'NamespaceDeletionContentFailure',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        )
      : condition(
          'NamespaceDeletionContentFailure',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.toSorted().join(', ')}`,
          'True',
        ),
    left.length === 0
      ? condition('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed')
      : condition(
          'NamespaceContentRemaining',
          'SomeResourcesRemain',
          `Some resources are remaining: ${left
            .map(({ kind, objects }) => `${kind} has ${objects.length} resource instances`)
            .toSorted()
            .join(', ')}`,
          'True',
        ),
    finalizers.size === 0
      ? condition(
          'NamespaceFinalizersRemaining',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        )
      : condition(
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${[...finalizers]
            .map(([one, count]) => `${one} in ${count} resource instances`)
            .toSorted()
            .join(', ')}`,
          'True',
        ),
  ]
  return said.reduce<readonly NamespaceCondition[]>((all, one) => setCondition(all, one, nowMs), known ?? [])
}

/** Whether two lists of conditions say the same, whenever they began to. */
export function sameConditions(
  left: readonly NamespaceCondition[] | undefined,
  right: readonly NamespaceCondition[],
): boolean {
  return sameJson(left ?? [], right)
}

function condition(type: string, reason: string, message: string, status: 'True' | 'False' = 'False') {
  return { type, status, reason, message }
}
