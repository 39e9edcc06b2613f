import { isNotFound, isTerminal, nameOf, type ObjectName } from '../../machinery/index.ts'
import {
  claimNamesOf,
  classOfClaim,
  classOfVolume,
  defaultClassOf,
  isFullyBound,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  type StorageClass,
  storageClasses,
  volumeAnnotations,
} from '../../resources/index.ts'
import type { Cached, Controller, Tools, Turn } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import { bind, setClaimPhase, setVolumePhase, unbind } from './binding.ts'
import { volumeReadings } from './measures.ts'
import { type ClaimPlan, type Notice, planClaim, planReclaim, planVolume } from './plan.ts'
import { type RecycleState, recycle, recycledVolume } from './recycle.ts'

/** Kubernetes: claims and volumes that wait are looked at this often, and told again what they wait for. */
const resyncMs = 15_000
const podsByClaim = 'claims of pods'

/** Gives claims their volumes, and volumes that lost their claim back. Names with a namespace are claims, others volumes. */
export const volumeBinderController: Controller = {
  name: 'persistentvolume-binder-controller',
  account: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  watches: [
    each(persistentVolumeClaims),
    { resource: persistentVolumeClaims, wake: volumeOfClaim },
    each(persistentVolumes),
    { resource: persistentVolumes, wake: claimsForVolume },
    { resource: storageClasses, wake: (_: StorageClass, cached) => openClaims(cached) },
    { resource: pods, wake: claimsOfWaitingPod },
    { resource: pods, wake: recycledVolume },
  ],
  about: ({ namespace, name }) =>
    namespace === undefined ? `PersistentVolume/${name}` : `PersistentVolumeClaim/${namespace}/${name}`,
  start(tools) {
    const [volumes, claims] = [tools.cached(persistentVolumes), tools.cached(persistentVolumeClaims)]
    volumeReadings(tools.metrics, volumes.list.bind(volumes), claims.list.bind(claims))
    tools
      .cached(pods)
      .addIndex(podsByClaim, (pod) => claimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`))
    return (name, turn) =>
      name.namespace === undefined ? reconcileVolume(tools, name, turn) : reconcileClaim(tools, name, turn)
  },
}

function volumeOfClaim({ spec }: PersistentVolumeClaim): readonly ObjectName[] {
  const name = spec?.volumeName ?? ''
  return name === '' ? [] : [{ name }]
}

/** The claim a volume names, and, while it is to be had, every claim without one. */
function claimsForVolume(volume: PersistentVolume, cached: Cached): readonly ObjectName[] {
  const { metadata, spec, status } = volume
  const ref = spec?.claimRef
  if (ref !== undefined) return [{ namespace: ref.namespace ?? '', name: ref.name ?? '' }]
  const suits = (claim: PersistentVolumeClaim) =>
    (claim.spec?.volumeName ?? '') === '' && classOfClaim(claim) === classOfVolume(volume)
  const isFree = status?.phase === 'Available'
  return openClaims(cached, (claim) => claim.spec?.volumeName === metadata.name || (isFree && suits(claim)))
}

function openClaims(
  cached: Cached,
  concerns: (claim: PersistentVolumeClaim) => boolean = () => true,
): readonly ObjectName[] {
  return cached(persistentVolumeClaims)
    .list()
    .filter((claim) => !isFullyBound(claim) && concerns(claim))
    .map(nameOf)
}

function claimsOfWaitingPod(pod: Pod): readonly ObjectName[] {
  if ((pod.spec?.nodeName ?? '') !== '' || (pod.spec?.volumes ?? []).length === 0) return []
  return claimNamesOf(pod).map((name) => ({ namespace: pod.metadata.namespace ?? '', name }))
}

async function reconcileClaim({ cached, record, clock }: Tools, name: ObjectName, turn: Turn) {
  const claim = cached(persistentVolumeClaims).get(name)
  if (claim === undefined) return undefined
  const volumes = cached(persistentVolumes)
  const classes = cached(storageClasses)
  const plan = planClaim(claim, {
    get volumes() {
      return volumes.list()
    },
    volume: (volumeName) => volumes.get({ name: volumeName }),
    storageClass: (className) => classes.get({ name: className }),
    defaultClass: () => defaultClassOf(classes.list()),
    waitingPods: () =>
      podsUsing(cached, claim)
        .filter(isWaiting)
        .map(({ metadata }) => metadata.name),
  })
  await carryOut(plan, claim, { record, clock }, turn)
  return plan.step === 'wait' || plan.step === 'tell' || plan.step === 'provision' ? { againInMs: resyncMs } : undefined
}

const isWaiting = (pod: Pod) => !isTerminal(pod as never) && (pod.spec.nodeName ?? '') === ''

function podsUsing(cached: Cached, { metadata }: PersistentVolumeClaim): readonly Pod[] {
  return cached(pods).by(podsByClaim, `${metadata.namespace}/${metadata.name}`)
}

async function carryOut(
  plan: ClaimPlan,
  claim: PersistentVolumeClaim,
  { record }: Pick<Tools, 'record' | 'clock'>,
  turn: Turn,
): Promise<void> {
  const tell = ({ about, type, reason, message }: Notice) => record(about, type, reason, message)
  switch (plan.step) {
    case 'bind':
      return bind(turn, plan.volume, claim)
    case 'wait':
      if (plan.notice !== undefined) tell(plan.notice)
      await setClaimPhase(turn, claim, 'Pending', undefined)
      return
    case 'assignClass':
      await turn.client.update(persistentVolumeClaims, {
        ...claim,
        spec: { ...claim.spec, storageClassName: plan.className },
      })
      return
    case 'tell':
      return tell(plan.notice)
    case 'lose':
      // Kubernetes: lost is told once, when it becomes so.
      if (claim.status?.phase === 'Lost') return
      await setClaimPhase(turn, claim, 'Lost', undefined)
      return tell(plan.notice)
    case 'fail':
      tell(plan.notice)
      throw new Error(plan.error)
    case 'provision':
      await askProvisioner(turn, claim, plan.provisioner)
      return record(claim, 'Normal', 'ExternalProvisioning', provisioningText(plan.provisioner))
  }
}

const provisioningText = (provisioner: string) =>
  `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`

async function askProvisioner({ client }: Turn, claim: PersistentVolumeClaim, provisioner: string): Promise<void> {
  const { storageProvisioner, betaStorageProvisioner } = volumeAnnotations
  const { annotations = {} } = claim.metadata
  if (annotations[storageProvisioner] === provisioner) return
  const marks = { ...annotations, [betaStorageProvisioner]: provisioner, [storageProvisioner]: provisioner }
  await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations: marks } })
}

async function reconcileVolume(tools: Tools, name: ObjectName, turn: Turn) {
  const volume = tools.cached(persistentVolumes).get(name)
  if (volume === undefined) return undefined
  const plan = planVolume(volume, await claimOf(tools.cached, volume, turn))
  switch (plan.step) {
    case 'phase':
      await setVolumePhase(turn, volume, plan.phase)
      return undefined
    case 'tell':
      for (const { about, type, reason, message } of plan.notices) tools.record(about, type, reason, message)
      return { againInMs: resyncMs }
    case 'unbind':
      await unbind(turn, volume)
      return undefined
    case 'reclaim':
      return reclaim(tools, volume, turn)
    case 'leaveToClaim':
      return undefined
  }
}

/** The claim that a volume names, when it is still the same one. Kubernetes: the API is asked before data is given up. */
async function claimOf(
  cached: Cached,
  { spec, status }: PersistentVolume,
  { client }: Turn,
): Promise<PersistentVolumeClaim | undefined> {
  const { namespace = '', name = '', uid = '' } = spec?.claimRef ?? {}
  if (uid === '') return undefined
  const known = cached(persistentVolumeClaims).get({ namespace, name })
  if (known?.metadata.uid === uid) return known
  if (known === undefined && (status?.phase === 'Released' || status?.phase === 'Failed')) return undefined
  const live = await client.get(persistentVolumeClaims, { namespace, name }).catch((error) => {
    if (isNotFound(error)) return undefined
    throw error
  })
  return live?.metadata.uid === uid ? live : undefined
}

async function reclaim(tools: Tools, volume: PersistentVolume, turn: Turn) {
  const { phase } = volume.status ?? {}
  // Kubernetes: what failed stays to be seen, though it is tried again.
  const released = phase === 'Failed' ? volume : await setVolumePhase(turn, volume, 'Released')
  const plan = planReclaim(released)
  if (plan === undefined) return undefined
  const state: RecycleState = plan === 'recycle' ? await recycle(tools, released, turn) : { failed: plan }
  if ('done' in state) {
    tools.record(released, 'Normal', 'VolumeRecycled', 'Volume recycled')
    await unbind(turn, released)
    return undefined
  }
  if ('failed' in state && phase !== 'Failed') {
    await setVolumePhase(turn, released, 'Failed', state.failed.message)
    tools.record(released, 'Warning', state.failed.reason, state.failed.message)
  }
  return { againInMs: resyncMs }
}
