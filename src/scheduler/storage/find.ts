import { compareQuantities, labelQueryOf, parseQuantity } from '../../machinery/index.ts'
import {
  type CSIStorageCapacity,
  classOfClaim,
  ephemeralProblem,
  isFullyBound,
  isReachableFrom,
  type Node,
  noProvisioner,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  requestedStorage,
  type StorageClass,
  volumeAnnotations,
  volumeFor,
  waitsForConsumer,
} from '../../resources/index.ts'
import type { PodStorage } from '../framework/pod-storage.ts'
import type { StorageView } from './storage-view.ts'

const noVolume = "node(s) didn't find available persistent volumes to bind"
const elsewhere = "node(s) didn't match PersistentVolume's node affinity"
const noSpace = 'node(s) did not have enough free storage'
const noSuchVolume = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

/** A pod's claims, by what has to happen with them. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[]
  /** Those that get their volume with the pod's node, smallest first. */
  readonly open: readonly PersistentVolumeClaim[]
}
/** What is to happen on one node. */
export interface NodeStorage {
  /** Volumes that are there, and the claims that are to have them. */
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[]
  /** Claims for which volumes are to be made. */
  readonly provisions: readonly PersistentVolumeClaim[]
}

/** A pod's claims, or why it goes nowhere while they are as they are. */
export function claimsOf(
  pod: Pod,
  { claims }: PodStorage,
  view: StorageView,
): PodClaims | { readonly refusal: string } {
  const { namespace = '' } = pod.metadata
  const bound: PersistentVolumeClaim[] = []
  const open: PersistentVolumeClaim[] = []
  let isImmediate = false
  for (const { claim: name, isEphemeral } of claims) {
    const claim = view.claim(namespace, name)
    const quoted = JSON.stringify(name)
    if (claim === undefined)
      return {
        refusal: isEphemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
          : `persistentvolumeclaim ${quoted} not found`,
      }
    if (claim.status?.phase === 'Lost')
      return {
        refusal: `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName ?? '')}`,
      }
    if (claim.metadata.deletionTimestamp !== undefined)
      return { refusal: `persistentvolumeclaim ${quoted} is being deleted` }
    const foreign = isEphemeral ? ephemeralProblem(pod, claim) : undefined
    if (foreign !== undefined) return { refusal: foreign }
    if (isFullyBound(claim)) bound.push(claim)
    else if ((claim.spec.volumeName ?? '') === '' && waitsForConsumer(view.storageClass(classOfClaim(claim))))
      open.push(claim)
    else isImmediate = true
  }
  if (isImmediate) return { refusal: 'pod has unbound immediate PersistentVolumeClaims' }
  // The smallest fits come first, so that large volumes are left for large claims.
  return { bound, open: open.sort((a, b) => compareQuantities(requestedStorage(a), requestedStorage(b))) }
}

/** What is to happen with a pod's claims on a node, or why the node cannot serve them. */
export function findOnNode(
  { bound, open }: PodClaims,
  node: Node,
  view: StorageView,
): NodeStorage | { readonly reasons: readonly string[] } {
  const reasons: string[] = []
  let isLost = false
  for (const { spec } of bound) {
    const volume = view.volume(spec.volumeName ?? '')
    // Kubernetes: the first claim that does not fit decides.
    if (volume !== undefined && isReachableFrom(volume, node)) continue
    if (volume === undefined) isLost = true
    else reasons.push(elsewhere)
    break
  }
  const found = open.length === 0 ? nothing : findForOpen(open, node, view)
  if (typeof found === 'string') reasons.push(found)
  if (isLost) reasons.push(noSuchVolume)
  return reasons.length > 0 || typeof found === 'string' ? { reasons } : found
}
const nothing: NodeStorage = { bindings: [], provisions: [] }

function findForOpen(open: readonly PersistentVolumeClaim[], node: Node, view: StorageView): NodeStorage | string {
  const bindings: NodeStorage['bindings'][number][] = []
  const provisions: PersistentVolumeClaim[] = []
  const unmatched: PersistentVolumeClaim[] = []
  const taken = new Set<string>()
  for (const claim of open) {
    const selected = claim.metadata.annotations?.[volumeAnnotations.selectedNode]
    // Somebody is making its volume for another node already.
    if (selected !== undefined && selected !== node.metadata.name) return noVolume
    if (selected !== undefined) provisions.push(claim)
  }
  for (const claim of open) {
    if (provisions.includes(claim)) continue
    const volume = volumeFor({ claim, volumes: view.volumesOfClass(classOfClaim(claim)), node, taken })
    if (volume === undefined) unmatched.push(claim)
    else {
      taken.add(volume.metadata.name)
      bindings.push({ claim, volume })
    }
  }
  provisions.push(...unmatched)
  for (const claim of provisions) {
    const problem = provisionProblem(claim, node, view)
    if (problem !== undefined) return problem
  }
  return { bindings, provisions }
}

/** Why no volume can be made for a claim on a node. */
function provisionProblem(claim: PersistentVolumeClaim, node: Node, view: StorageView): string | undefined {
  const found = view.storageClass(classOfClaim(claim))
  const provisioner = found?.provisioner ?? ''
  if (found === undefined || provisioner === '' || provisioner === noProvisioner) return noVolume
  if (!isAllowed(found, node)) return noVolume
  return hasSpace(claim, found, node, view) ? undefined : noSpace
}

function isAllowed({ allowedTopologies = [] }: StorageClass, { metadata }: Node): boolean {
  if (allowedTopologies.length === 0) return true
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => {
      const value = metadata.labels?.[key]
      return value !== undefined && values.includes(value)
    }),
  )
}

/** Kubernetes: only drivers that say so tell how much space they have where. */
function hasSpace(
  claim: PersistentVolumeClaim,
  { metadata, provisioner }: StorageClass,
  { metadata: { labels } }: Node,
  view: StorageView,
): boolean {
  if (claim.spec.resources?.requests?.['storage'] === undefined) return true
  if (view.csiDriver(provisioner)?.spec?.storageCapacity !== true) return true
  const wanted = requestedStorage(claim)
  return view.capacitiesOf(metadata.name).some((one) => {
    const limit = limitOf(one)
    if (limit === undefined || compareQuantities(parseQuantity(limit), wanted) < 0) return false
    return one.nodeTopology !== undefined && labelQueryOf(one.nodeTopology as never).matches(labels)
  })
}

/** How large a volume can be there, at most; undefined: none can be made. */
export function limitOf({ maximumVolumeSize, capacity }: CSIStorageCapacity): string | undefined {
  return maximumVolumeSize ?? capacity
}
