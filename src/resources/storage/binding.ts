import {
  compareQuantities,
  controllerOf,
  labelQueryOf,
  matchesNodeSelector,
  parseQuantity,
  type Quantity,
  zeroQuantity,
} from '../../machinery/index.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../generated/types.ts'

/** The annotations by which claims, volumes, their binder, the scheduler and provisioners understand each other. */
export const volumeAnnotations = {
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  selectedNode: 'volume.kubernetes.io/selected-node',
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  migratedTo: 'pv.kubernetes.io/migrated-to',
  storageProvisioner: 'volume.kubernetes.io/storage-provisioner',
  betaStorageProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  betaStorageClass: 'volume.beta.kubernetes.io/storage-class',
  isDefaultClass: 'storageclass.kubernetes.io/is-default-class',
  betaIsDefaultClass: 'storageclass.beta.kubernetes.io/is-default-class',
} as const

/** Kubernetes: a class of this provisioner makes no volumes. */
export const noProvisioner = 'kubernetes.io/no-provisioner'

interface Annotated {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
}
const annotation = ({ metadata }: Annotated, name: string): string | undefined => metadata.annotations?.[name]

/** The class a claim asks for; empty: none. Kubernetes: the annotation of old comes first. */
export function classOfClaim(claim: PersistentVolumeClaim): string {
  return annotation(claim, volumeAnnotations.betaStorageClass) ?? claim.spec?.storageClassName ?? ''
}

/** Whether a claim says anything about its class, if only that it wants none. */
export function saysClass(claim: PersistentVolumeClaim): boolean {
  return (
    annotation(claim, volumeAnnotations.betaStorageClass) !== undefined || claim.spec?.storageClassName !== undefined
  )
}

/** The class a volume belongs to; empty: none. */
export function classOfVolume(volume: PersistentVolume): string {
  return annotation(volume, volumeAnnotations.betaStorageClass) ?? volume.spec?.storageClassName ?? ''
}

/** Whether a class is one that claims without a class get. */
export function isDefaultClass(found: StorageClass): boolean {
  const { isDefaultClass: name, betaIsDefaultClass: betaName } = volumeAnnotations
  return annotation(found, name) === 'true' || annotation(found, betaName) === 'true'
}

/** The class that claims without one get. Kubernetes: of several the newest, and of those the first by name. */
export function defaultClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const madeAt = ({ metadata }: StorageClass) => metadata.creationTimestamp ?? ''
  return classes
    .filter(isDefaultClass)
    .sort((a, b) => madeAt(b).localeCompare(madeAt(a)) || (a.metadata.name < b.metadata.name ? -1 : 1))[0]
}

/** Whether claims of a class wait for a pod that uses them. */
export function waitsForConsumer(found: StorageClass | undefined): boolean {
  return found?.volumeBindingMode === 'WaitForFirstConsumer'
}

/** Whether a volume is, or is to be, this very claim's. */
export function isVolumeOf(volume: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const ref = volume.spec?.claimRef
  if (ref === undefined || ref.name !== metadata.name || ref.namespace !== metadata.namespace) return false
  return (ref.uid ?? '') === '' || ref.uid === metadata.uid
}

/** Whether a claim has a volume, and both sides know. */
export function isFullyBound(claim: PersistentVolumeClaim): boolean {
  return (claim.spec?.volumeName ?? '') !== '' && annotation(claim, volumeAnnotations.bindCompleted) !== undefined
}

/** What a claim asks for of storage. */
export function requestedStorage({ spec }: PersistentVolumeClaim): Quantity {
  return amountOf(spec?.resources?.requests?.['storage'])
}

/** How large a volume is. */
export function storageCapacity({ spec }: PersistentVolume): Quantity {
  return amountOf(spec?.capacity?.['storage'])
}

const amountOf = (text: string | undefined) => (text === undefined ? zeroQuantity : parseQuantity(text))

/** Whether one is a file system and the other a block device. */
export function modesDiffer(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec?.volumeMode ?? 'Filesystem') !== (volume.spec?.volumeMode ?? 'Filesystem')
}

/** Whether a volume can be accessed in all the ways that a claim asks for. */
export function hasAccessModes(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const modes = volume.spec?.accessModes ?? []
  return (claim.spec?.accessModes ?? []).every((mode) => modes.includes(mode))
}

const attributesOf = ({ spec }: PersistentVolume | PersistentVolumeClaim) => spec?.volumeAttributesClassName ?? ''

/** Whether a volume can be had from a node. */
export function isReachableFrom(volume: PersistentVolume, { metadata }: Pick<Node, 'metadata'>): boolean {
  const required = volume.spec?.nodeAffinity?.required
  return (
    required === undefined || matchesNodeSelector(required as never, { name: metadata.name, labels: metadata.labels })
  )
}

/** Why a claim that names a volume cannot have it; undefined: it can. */
export function claimProblem(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined)
    return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`
  if (compareQuantities(storageCapacity(volume), requestedStorage(claim)) < 0) return 'requested PV is too small'
  if (classOfVolume(volume) !== classOfClaim(claim)) return 'storageClassName does not match'
  if (attributesOf(volume) !== attributesOf(claim)) return 'volumeAttributesClassName does not match'
  if (modesDiffer(claim, volume)) return 'incompatible volumeMode'
  return hasAccessModes(claim, volume) ? undefined : 'incompatible accessMode'
}

export interface VolumeSearch {
  readonly claim: PersistentVolumeClaim
  readonly volumes: readonly PersistentVolume[]
  /** The scheduler's way: volumes must be reachable from this node, and have the access modes. */
  readonly node?: Pick<Node, 'metadata'>
  /** Volumes that were chosen for other claims of the same pod. */
  readonly taken?: ReadonlySet<string>
  /** The binder's way with claims that wait for a pod: only a volume that is the claim's already will do. */
  readonly onlyOwn?: boolean
}

/** The volume for a claim: its own where there is one, else the smallest of those that suit it. */
export function volumeFor({ claim, volumes, node, taken, onlyOwn }: VolumeSearch): PersistentVolume | undefined {
  const wanted = requestedStorage(claim)
  const selector = claim.spec?.selector === undefined ? undefined : labelQueryOf(claim.spec.selector as never)
  const wantedClass = classOfClaim(claim)
  let smallest: PersistentVolume | undefined
  let size = zeroQuantity
  for (const volume of volumes) {
    if (taken?.has(volume.metadata.name) === true) continue
    const isOwn = isVolumeOf(volume, claim)
    if (volume.spec?.claimRef !== undefined && !isOwn) continue
    const capacity = storageCapacity(volume)
    if (compareQuantities(capacity, wanted) < 0 || modesDiffer(claim, volume)) continue
    if (attributesOf(claim) !== attributesOf(volume) || volume.metadata.deletionTimestamp !== undefined) continue
    const isReachable = node === undefined || isReachableFrom(volume, node)
    // Kubernetes: a claim's own volume that the node cannot reach means that no other will do there either.
    if (isOwn) return isReachable ? volume : undefined
    if (onlyOwn === true || !isReachable) continue
    // Kubernetes: one that is about to become available is left alone until it is.
    if (volume.status?.phase !== 'Available' || classOfVolume(volume) !== wantedClass) continue
    if (selector?.matches(volume.metadata.labels) === false) continue
    if (node !== undefined && !hasAccessModes(claim, volume)) continue
    if (smallest !== undefined && compareQuantities(size, capacity) <= 0) continue
    smallest = volume
    size = capacity
  }
  return smallest
}

/** The volume for a claim among those that have its access modes. Kubernetes: those with the fewest modes come first. */
export function bestVolumeFor(search: Omit<VolumeSearch, 'node'>): PersistentVolume | undefined {
  const byModes = new Map<string, PersistentVolume[]>()
  for (const volume of search.volumes) {
    if (!hasAccessModes(search.claim, volume)) continue
    const key = [...new Set(volume.spec?.accessModes ?? [])].sort().join(',')
    const others = byModes.get(key)
    if (others === undefined) byModes.set(key, [volume])
    else others.push(volume)
  }
  const groups = [...byModes].sort(([a], [b]) => a.split(',').length - b.split(',').length || (a < b ? -1 : 1))
  for (const [, volumes] of groups) {
    const found = volumeFor({ ...search, volumes })
    if (found !== undefined) return found
  }
  return undefined
}

/** The volume with the claim named in it; the same object when it is there already. */
export function volumeBoundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata
  const ref = volume.spec?.claimRef
  const isNamed = ref?.name === name && ref?.namespace === namespace && ref?.uid === uid
  const isMarked = isVolumeOf(volume, claim) || annotation(volume, volumeAnnotations.boundByController) !== undefined
  if (isNamed && isMarked) return volume
  return {
    ...volume,
    metadata: isMarked
      ? volume.metadata
      : {
          ...volume.metadata,
          annotations: { ...volume.metadata.annotations, [volumeAnnotations.boundByController]: 'yes' },
        },
    spec: {
      ...volume.spec,
      claimRef: isNamed
        ? ref
        : { kind: 'PersistentVolumeClaim', namespace: namespace!, name, uid, apiVersion: 'v1', resourceVersion },
    },
  }
}

/** Why a claim is not the one that a pod's ephemeral volume means; undefined: it is. */
export function ephemeralProblem(pod: Pod, claim: PersistentVolumeClaim): string | undefined {
  if (controllerOf(claim)?.uid === pod.metadata.uid) return undefined
  const { namespace, name } = claim.metadata
  return `PVC ${namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`
}

/** A claim that a pod uses by the name of one of its volumes. */
export interface ClaimUse {
  readonly volume: string
  readonly claim: string
  /** Made for the pod and going with it. */
  readonly isEphemeral: boolean
  readonly readonly: boolean
}

/** The claims that a pod uses, in the order of its volumes. */
export function claimUsesOf({ metadata, spec }: Pod): readonly ClaimUse[] {
  const uses: ClaimUse[] = []
  for (const { name, persistentVolumeClaim: source, ephemeral } of spec?.volumes ?? []) {
    if (source !== undefined)
      uses.push({ volume: name, claim: source.claimName, isEphemeral: false, readonly: source.readOnly === true })
    else if (ephemeral !== undefined)
      uses.push({ volume: name, claim: `${metadata.name}-${name}`, isEphemeral: true, readonly: false })
  }
  return uses
}
