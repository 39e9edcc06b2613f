import type { OwnerReference } from '../../machinery/index.ts'
import { type PersistentVolumeClaim, type Pod, pods, type StatefulSet, statefulSets } from '../../resources/index.ts'
import { ownerReference } from '../runtime/owner-reference.ts'
import { ordinalOf } from './plan.ts'

const setKind = { apiVersion: 'apps/v1', kind: 'StatefulSet' }
const podKind = { apiVersion: 'v1', kind: 'Pod' }
type Owner = { readonly metadata: { readonly name: string; readonly uid: string } }

/** Whether a reference is to an object of that kind and name, whichever it is. */
const names = (ref: OwnerReference, { apiVersion, kind }: typeof setKind, { metadata }: Owner) =>
  ref.apiVersion === apiVersion && ref.kind === kind && ref.name === metadata.name

/** What becomes of a set's claims when it goes, and when it shrinks. */
export function retentionOf({ spec }: StatefulSet): { readonly whenDeleted: string; readonly whenScaled: string } {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = spec.persistentVolumeClaimRetentionPolicy ?? {}
  return { whenDeleted, whenScaled }
}

/** Whether somebody else manages a claim that the set is to have go. */
export function hasOtherController(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  const { whenDeleted, whenScaled } = retentionOf(set)
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false
  return (claim.metadata.ownerReferences ?? []).some((ref) => {
    if (names(ref, setKind, set)) return ref.uid !== set.metadata.uid
    if (names(ref, podKind, pod)) return ref.uid !== pod.metadata.uid
    return ref.controller === true
  })
}

/** Whether a claim belongs to a pod, or a set, of the same name that is gone: it is going as well, and is left alone. */
export function isLeftOver({ metadata }: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  const isStale = (kind: typeof setKind, owner: Owner) =>
    (metadata.ownerReferences ?? []).some((ref) => names(ref, kind, owner) && ref.uid !== owner.metadata.uid)
  return isStale(setKind, set) || isStale(podKind, pod)
}

/** The owners a claim is to have, so that it goes when the set's policy says so; undefined: those it has. */
export function ownersOfClaim(
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  pod: Pod,
): readonly OwnerReference[] | undefined {
  const refs = claim.metadata.ownerReferences ?? []
  if (isLeftOver(claim, set, pod)) return undefined
  const others = refs.filter((ref) => !names(ref, setKind, set) && !names(ref, podKind, pod))
  const wanted = hasOtherController(claim, set, pod) ? others : [...others, ...ownersByPolicy(set, pod)]
  const keys = (list: readonly OwnerReference[]) =>
    list
      .map(({ uid, controller }) => `${uid} ${controller === true}`)
      .sort()
      .join()
  return keys(wanted) === keys(refs) ? undefined : wanted
}

/** The owners a claim is made with: a set that goes before it looks at the claim again takes it along. */
export function ownersOfNewClaim(set: StatefulSet): readonly OwnerReference[] {
  return retentionOf(set).whenDeleted === 'Delete' ? [ownerReference(statefulSets, set)] : []
}

/** Kubernetes: the pod owns the claim only once it is one too many; then, and not before, the claim goes with it. */
function ownersByPolicy(set: StatefulSet, pod: Pod): readonly OwnerReference[] {
  const { whenDeleted, whenScaled } = retentionOf(set)
  const first = set.spec.ordinals?.start ?? 0
  const ordinal = ordinalOf(set, pod) ?? -1
  const isExtra = ordinal < first || ordinal >= first + (set.spec.replicas ?? 1)
  if (whenScaled === 'Delete' && isExtra) return [ownerReference(pods, pod)]
  return whenDeleted === 'Delete' ? [ownerReference(statefulSets, set)] : []
}
