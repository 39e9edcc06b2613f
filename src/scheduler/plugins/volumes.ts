import { classOfClaim, type Pod, type Volume, waitsForConsumer } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import { fits, refuse, refuseAlways, type SchedulerPlugin, type Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { StorageView } from '../storage/storage-view.ts'

const noDisk = refuse('node(s) had no available disk')
const takenAlone = refuse(
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
)
const otherZone = refuseAlways('node(s) had no available volume zone')
const tooMany = refuse('node(s) exceed max volume count')
const quoted = (text: string) => JSON.stringify(text)

/** VolumeRestrictions: disks that one pod holds for itself, and claims that only one pod may use. */
export const volumeRestrictions: SchedulerPlugin = {
  name: 'VolumeRestrictions',
  wakeOn: ['AssignedPod/Delete', 'Node/Add', 'PersistentVolumeClaim/Add'],
  prepare({ pod, storage }, columns) {
    if (storage === undefined) return undefined
    const { namespace = '' } = pod.metadata
    const alone = new Set<string>()
    for (const { claim: name, isEphemeral } of storage.claims) {
      if (isEphemeral) continue
      const claim = columns.storage.claim(namespace, name)
      if (claim === undefined) return { nowhere: refuseAlways(`persistentvolumeclaim ${quoted(name)} not found`) }
      if (claim.spec.accessModes?.includes('ReadWriteOncePod') === true) alone.add(name)
    }
    const isUsed = alone.size > 0 && isUsedBySomebody(alone, pod, columns)
    if (storage.disks.length === 0 && !isUsed) return undefined
    return {
      filter(place): Verdict {
        const conflicts = storage.disks.some((disk) =>
          [...columns.podsAt(place)].some((other) => other.storage?.disks.some((one) => areOne(disk, one)) === true),
        )
        if (conflicts) return noDisk
        return isUsed ? takenAlone : fits
      },
      remedy: () =>
        isUsed
          ? `wait for the pod that uses ${[...alone].join(', ')}, or delete it`
          : 'another pod there uses the same disk: wait for it, or mount the disk read-only in both',
    }
  },
}

function isUsedBySomebody(claims: ReadonlySet<string>, { metadata }: Pod, columns: NodeColumns): boolean {
  for (let place = 0; place < columns.size; place++) {
    if (columns.alive[place] === 0) continue
    for (const { pod, storage } of columns.podsAt(place)) {
      if (storage === undefined || pod.metadata.namespace !== metadata.namespace) continue
      if (pod.metadata.uid !== metadata.uid && storage.claims.some(({ claim }) => claims.has(claim))) return true
    }
  }
  return false
}

/** Whether two volumes are one disk that only one pod of a node may have. */
function areOne(a: Volume, b: Volume): boolean {
  const { gcePersistentDisk: gce, awsElasticBlockStore: ebs, iscsi, rbd } = a
  if (gce !== undefined && gce.pdName === b.gcePersistentDisk?.pdName)
    return !(gce.readOnly === true && b.gcePersistentDisk.readOnly === true)
  if (ebs !== undefined && ebs.volumeID === b.awsElasticBlockStore?.volumeID) return true
  if (iscsi !== undefined && iscsi.iqn === b.iscsi?.iqn) return !(iscsi.readOnly === true && b.iscsi.readOnly === true)
  if (rbd === undefined || b.rbd === undefined) return false
  const isSame =
    rbd.monitors.some((one) => b.rbd!.monitors.includes(one)) &&
    (rbd.pool ?? 'rbd') === (b.rbd.pool ?? 'rbd') &&
    rbd.image === b.rbd.image
  return isSame && !(rbd.readOnly === true && b.rbd.readOnly === true)
}

const zoneLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
}

/** VolumeZone: volumes that are labelled with a zone or a region are used from nodes there. */
export const volumeZone: SchedulerPlugin = {
  name: 'VolumeZone',
  wakeOn: [
    'StorageClass/Add',
    'Node/Add',
    'Node/UpdateLabel',
    'PersistentVolumeClaim/Add',
    'PersistentVolumeClaim/Update',
    'PersistentVolume/Add',
    'PersistentVolume/Update',
  ],
  prepare(facts, columns) {
    if (facts.storage === undefined) return undefined
    const zones = zonesOf(facts, columns.storage)
    if (typeof zones === 'string') return { nowhere: refuseAlways(zones) }
    if (zones.length === 0) return undefined
    return {
      filter(place): Verdict {
        const labels = columns.nodes[place]?.metadata.labels ?? {}
        if (!Object.keys(zoneLabels).some((key) => labels[key] !== undefined)) return fits
        const isThere = zones.every(({ key, values }) => values.has(labels[key] ?? labels[zoneLabels[key]!] ?? ''))
        return isThere ? fits : otherZone
      },
      remedy: () =>
        `its volumes are in ${zones.map(({ values }) => [...values].join(' or ')).join(', ')}: add a node there`,
    }
  },
}

interface Zones {
  readonly key: string
  readonly values: ReadonlySet<string>
}

function zonesOf({ pod, storage }: PodFacts, view: StorageView): readonly Zones[] | string {
  const zones: Zones[] = []
  for (const { claim: name, isEphemeral } of storage!.claims) {
    if (isEphemeral) continue
    const claim = view.claim(pod.metadata.namespace ?? '', name)
    if (claim === undefined) return `persistentvolumeclaim ${quoted(name)} not found`
    const volumeName = claim.spec.volumeName ?? ''
    if (volumeName === '') {
      const className = classOfClaim(claim)
      if (className === '') return 'PersistentVolumeClaim had no pv name and storageClass name'
      const found = view.storageClass(className)
      if (found === undefined) return `storageclass.storage.k8s.io ${quoted(className)} not found`
      if (waitsForConsumer(found)) continue
      return 'PersistentVolume had no name'
    }
    const volume = view.volume(volumeName)
    if (volume === undefined) return `persistentvolume ${quoted(volumeName)} not found`
    for (const key of Object.keys(zoneLabels)) {
      const value = volume.metadata.labels?.[key]
      // Kubernetes: a volume in several zones names them all, with two underscores between.
      if (value !== undefined) zones.push({ key, values: new Set(value.split('__')) })
    }
  }
  return zones
}

/** NodeVolumeLimits: a node takes no more volumes of a CSI driver than its CSINode says. */
export const nodeVolumeLimits: SchedulerPlugin = {
  name: 'NodeVolumeLimits',
  wakeOn: [
    'CSINode/Add',
    'CSINode/Update',
    'AssignedPod/Delete',
    'PersistentVolumeClaim/Add',
    'VolumeAttachment/Delete',
  ],
  prepare(facts, columns) {
    if (facts.storage === undefined || facts.storage.claims.length === 0) return undefined
    const view = columns.storage
    const own = new Map<string, string>()
    addVolumes(facts, view, own)
    if (own.size === 0) return undefined
    return {
      filter: (place): Verdict => (exceeds(own, place, columns) ? tooMany : fits),
      remedy: (place) =>
        `${columns.nodes[place]?.metadata.name} has as many volumes of ${[...new Set(own.values())].join(', ')} as it can: remove a pod with some`,
    }
  },
}

/** Adds the volumes of a pod that count, each with its driver. */
function addVolumes({ pod, storage }: PodFacts, view: StorageView, volumes: Map<string, string>): void {
  const { namespace = '' } = pod.metadata
  for (const { claim: name } of storage?.claims ?? []) {
    const claim = view.claim(namespace, name)
    if (claim === undefined) continue
    const volumeName = claim.spec.volumeName ?? ''
    const volume = volumeName === '' ? undefined : view.volume(volumeName)
    if (volume !== undefined) {
      const { csi } = volume.spec
      if (csi !== undefined) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver)
      continue
    }
    const found = view.storageClass(classOfClaim(claim))
    // One that is still to be made counts as one of its own.
    if (found !== undefined) volumes.set(`${found.provisioner}/-${namespace}/${name}`, found.provisioner)
  }
}

function exceeds(own: ReadonlyMap<string, string>, place: number, columns: NodeColumns): boolean {
  const view = columns.storage
  const nodeName = columns.nodes[place]?.metadata.name ?? ''
  const limits = new Map<string, number>()
  for (const { name, allocatable } of view.csiNode(nodeName)?.spec.drivers ?? [])
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count)
  if (limits.size === 0) return false
  const there = new Map<string, string>()
  for (const other of columns.podsAt(place)) addVolumes(other, view, there)
  for (const { spec } of view.attachmentsOn(nodeName)) {
    const volume = view.volume(spec.source.persistentVolumeName ?? '')
    if (volume?.spec.csi !== undefined) there.set(`${spec.attacher}/${volume.spec.csi.volumeHandle}`, spec.attacher)
  }
  for (const [driver, limit] of limits) {
    const fresh = [...own].filter(([volume, of]) => of === driver && !there.has(volume)).length
    const used = [...there.values()].filter((of) => of === driver).length
    if (fresh > 0 && used + fresh > limit) return true
  }
  return false
}
