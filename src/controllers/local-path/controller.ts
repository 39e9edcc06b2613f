import { isAlreadyExists, isNotFound, nameOf, type ObjectName } from '../../machinery/index.ts'
import {
  classOfClaim,
  type Node,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaims,
  persistentVolumes,
  type StorageClass,
  storageClasses,
  volumeAnnotations,
} from '../../resources/index.ts'
import type { Cached, Controller, Tools, Turn } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import {
  grownSize,
  holderOf,
  isToBeRemoved,
  localPathProvisioner,
  planProvision,
  provisionerFinalizer,
  simulatedPath,
  volumeOf,
} from './plan.ts'

/** A claim that cannot be served as it is is told so this often. */
const againMs = 60_000

/**
 * Makes a directory on the chosen node for each claim of its classes, and takes it away with the claim. To the rest of the
 * cluster it is an external provisioner like others. Names with a namespace are claims, others volumes.
 */
export const localPathController: Controller = {
  name: 'local-path-provisioner',
  account: 'local-path-provisioner',
  eventSource: localPathProvisioner,
  watches: [
    each(persistentVolumeClaims),
    each(persistentVolumes),
    {
      resource: storageClasses,
      wake: ({ provisioner }: StorageClass, cached) => (provisioner === localPathProvisioner ? openClaims(cached) : []),
    },
  ],
  about: ({ namespace, name }) =>
    namespace === undefined ? `PersistentVolume/${name}` : `PersistentVolumeClaim/${namespace}/${name}`,
  start(tools) {
    tools.cached(nodes)
    return (name, turn) =>
      name.namespace === undefined ? removeVolume(tools, name, turn) : serveClaim(tools, name, turn)
  },
}

function openClaims(cached: Cached): readonly ObjectName[] {
  const all = cached(persistentVolumeClaims).list()
  return all.filter(({ spec }) => (spec.volumeName ?? '') === '').map(nameOf)
}

async function serveClaim(tools: Tools, name: ObjectName, turn: Turn) {
  const { cached, record, config } = tools
  const claim = cached(persistentVolumeClaims).get(name)
  if (claim === undefined) return undefined
  const volume = cached(persistentVolumes).get({ name: `pvc-${claim.metadata.uid}` })
  if (volume !== undefined) return grow(tools, claim, volume, turn)
  const className = classOfClaim(claim)
  const storageClass = className === '' ? undefined : cached(storageClasses).get({ name: className })
  const plan = planProvision(claim, storageClass, (node) => cached(nodes).get({ name: node }))
  if (plan.step === 'none') return undefined
  if (plan.step === 'refuse') {
    record(claim, 'Warning', 'ProvisioningFailed', plan.message)
    if (plan.reschedules) await reschedule(turn, claim)
    return plan.reschedules ? undefined : { againInMs: againMs }
  }
  const { namespace, name: claimName } = claim.metadata
  const about = JSON.stringify(`${namespace}/${claimName}`)
  record(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim ${about}`)
  try {
    const path = simulatedPath(plan.node, plan.name) ?? (await config.localVolumes?.make(plan.node, plan.name))
    if (path === undefined) throw new Error(`there is no way to node ${JSON.stringify(plan.node.metadata.name)}`)
    await turn.client.create(persistentVolumes, volumeOf(claim, plan, path)).catch((error) => {
      if (!isAlreadyExists(error)) throw error
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `failed to provision volume with StorageClass ${JSON.stringify(className)}: ${why}`
    record(claim, 'Warning', 'ProvisioningFailed', message)
    throw error
  }
  record(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${plan.name}`)
  return undefined
}

/** Kubernetes: without its node the claim goes back to the scheduler, which may find another. */
async function reschedule({ client }: Turn, claim: PersistentVolumeClaim): Promise<void> {
  const { [volumeAnnotations.selectedNode]: _, ...annotations } = claim.metadata.annotations ?? {}
  await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations } })
}

/** A directory has no size of its own: a claim that asks for more has it as soon as it is written down. */
async function grow(
  { record }: Tools,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  { client }: Turn,
): Promise<undefined> {
  const { annotations = {} } = volume.metadata
  if (claim.status?.phase !== 'Bound' || annotations[volumeAnnotations.provisionedBy] !== localPathProvisioner) return
  const storage = grownSize(claim, volume)
  const size = storage ?? volume.spec.capacity?.['storage']
  if (storage !== undefined)
    await client.update(persistentVolumes, { ...volume, spec: { ...volume.spec, capacity: { storage } } })
  if (size === undefined || claim.status.capacity?.['storage'] === size) return
  const { conditions: _, ...status } = claim.status
  await client.update(
    persistentVolumeClaims,
    { ...claim, status: { ...status, capacity: { storage: size } } },
    'status',
  )
  record(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded')
}

async function removeVolume({ cached, record, config }: Tools, name: ObjectName, turn: Turn) {
  const volume = cached(persistentVolumes).get(name)
  if (volume === undefined || !isToBeRemoved(volume)) return undefined
  const node = holderOf(volume, cached(nodes).list())
  try {
    await takeAway(node, volume, config.localVolumes)
  } catch (error) {
    record(volume, 'Warning', 'VolumeFailedDelete', error instanceof Error ? error.message : String(error))
    throw error
  }
  const { metadata } = volume
  if (metadata.deletionTimestamp === undefined)
    await turn.client.delete(persistentVolumes, name, { preconditions: { uid: metadata.uid } })
  await letGo(turn, name)
  return undefined
}

async function takeAway(
  node: Node | undefined,
  { metadata }: PersistentVolume,
  places: Tools['config']['localVolumes'],
): Promise<void> {
  // Without its node there is nothing left to take away.
  if (node === undefined || simulatedPath(node, metadata.name) !== undefined) return
  if (places === undefined) throw new Error(`there is no way to node ${JSON.stringify(node.metadata.name)}`)
  await places.remove(node, metadata.name)
}

async function letGo({ client }: Turn, name: ObjectName): Promise<void> {
  try {
    const live = await client.get(persistentVolumes, name)
    const finalizers = (live.metadata.finalizers ?? []).filter((one) => one !== provisionerFinalizer)
    if (finalizers.length === (live.metadata.finalizers ?? []).length) return
    await client.update(persistentVolumes, { ...live, metadata: { ...live.metadata, finalizers } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
