import type { Deployment, ReplicaSet } from '../../resources/index.ts'
import { sameTemplate } from '../runtime/template-hash.ts'
import { byCreation, desiredReplicasAnnotation, limitsOf, maxReplicasAnnotation, replicasOf } from './sizes.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history'
const historyLengthMax = 2000

type Annotations = Readonly<Record<string, string>>

/** Kubernetes: what a Deployment's annotations say of itself, not of its revisions. */
const notCopied: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
])

/** The set that has the Deployment's template; the oldest, should there be several. */
export function newSetOf(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.toSorted(byCreation).find((set) => sameTemplate(set.spec.template, deployment.spec.template))
}

/** A set's revision number; 0 when it has none. Kubernetes: 64 bits wide, and clients do use them. */
export function revisionOf({ metadata }: ReplicaSet): bigint {
  return parsed(metadata.annotations?.[revisionAnnotation]) ?? 0n
}
const parsed = (text: string | undefined) => (/^-?\d+$/.test(text ?? '') ? BigInt(text!) : undefined)

/** The number that the newest revision has when these are the old ones. */
export function nextRevision(oldSets: readonly ReplicaSet[]): bigint {
  const [largest = 0n] = [...oldSets.map(revisionOf), 0n].toSorted((left, right) => Number(right - left))
  return largest + 1n
}

/** The annotations the new set is to have: the Deployment's own, its revision, and the revisions it had before. */
export function annotationsForNewSet(
  deployment: Deployment,
  current: Annotations | undefined,
  revision: bigint,
): Annotations {
  const annotations: Record<string, string> = { ...current }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) annotations[key] = value
  }
  const previous = current?.[revisionAnnotation]
  const previousNumber = previous === undefined || previous === '' ? 0n : parsed(previous)
  if (previousNumber === undefined || previousNumber >= revision) return annotations
  annotations[revisionAnnotation] = String(revision)
  if (previous !== undefined)
    annotations[revisionHistoryAnnotation] = historyWith(current?.[revisionHistoryAnnotation], previous)
  return annotations
}

function historyWith(history: string | undefined, previous: string): string {
  if (history === undefined || history === '') return previous
  const revisions = [...history.split(','), previous]
  while (revisions.length > 1 && revisions.join(',').length > historyLengthMax) revisions.shift()
  return revisions.join(',')
}

/** The annotations that tell later scaling what the set was sized for. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const wanted = replicasOf(deployment)
  return {
    [desiredReplicasAnnotation]: String(wanted),
    [maxReplicasAnnotation]: String(wanted + limitsOf(deployment).maxSurge),
  }
}

/** Old sets that the history limit has no room for, oldest revision first; only those that are empty and settled. */
export function setsToForget(deployment: Deployment, oldSets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit
  if (limit === undefined || limit >= 2 ** 31 - 1) return []
  const alive = oldSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  return alive
    .toSorted((left, right) => Number(revisionOf(left) - revisionOf(right)) || byCreation(left, right))
    .slice(0, Math.max(0, alive.length - limit))
    .filter(
      ({ metadata, spec, status }) =>
        status.replicas === 0 && spec.replicas === 0 && (metadata.generation ?? 0) <= (status.observedGeneration ?? 0),
    )
}
