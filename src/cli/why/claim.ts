import {
  claimNamesOf,
  claimProblem,
  classOfClaim,
  isVolumeOf,
  type Node,
  nodes,
  noProvisioner,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  type StorageClass,
  storageClasses,
  volumeAnnotations,
  waitsForConsumer,
} from '../../resources/index.ts'
import type { Finding } from './finding.ts'
import { aboutText, eventsAbout, orNothing, type World } from './world.ts'

/** Of the volumes that do not suit a claim, so many are named. */
const volumesNamed = 5

/** Why a claim has no volume, or does not go; undefined when there is none of the name. */
export async function whyClaim(world: World, namespace: string, name: string): Promise<Finding | undefined> {
  const claim = await orNothing(world.client.get<PersistentVolumeClaim>(persistentVolumeClaims, { namespace, name }))
  return claim && explainClaim(world, claim)
}

/** Why a claim is as it is. */
export async function explainClaim(world: World, claim: PersistentVolumeClaim): Promise<Finding> {
  const about = aboutText('PersistentVolumeClaim', claim.metadata)
  if (claim.metadata.deletionTimestamp !== undefined) return going(world, claim, about)
  const { phase = 'Pending' } = claim.status ?? {}
  const volumeName = claim.spec.volumeName ?? ''
  if (phase === 'Lost')
    return {
      about,
      says: `has lost its volume ${volumeName}: what was in it is out of reach`,
      remedy:
        'delete the claim and make it anew, or bring the volume back and take pv.kubernetes.io/bind-completed off the claim',
    }
  if (phase === 'Bound') return { about, says: `has the volume ${volumeName}` }
  const because = volumeName === '' ? await searching(world, claim) : await naming(world, claim, volumeName)
  const told = (await eventsAbout(world, claim)).find(({ type }) => type === 'Warning')
  return {
    about,
    says: `has no volume yet (it is ${phase})`,
    because: [...because, ...(told === undefined ? [] : [{ about, says: `${told.reason}: ${told.message}` }])],
  }
}

/** A claim that is deleted stays while pods use it. */
async function going({ client }: World, claim: PersistentVolumeClaim, about: string): Promise<Finding> {
  const { namespace = '', name, finalizers = [] } = claim.metadata
  const { items } = await client.list<Pod>(pods, { namespace })
  const users = items.filter((pod) => claimNamesOf(pod).includes(name) && (pod.spec.nodeName ?? '') !== '')
  const because: Finding[] = users.map((pod) => ({
    about: aboutText('Pod', pod.metadata),
    says: 'uses it',
    remedy: `kubectl delete -n ${namespace} pod/${pod.metadata.name}`,
  }))
  for (const finalizer of finalizers.filter((one) => one !== 'kubernetes.io/pvc-protection'))
    because.push({ about, says: `is held by the finalizer ${finalizer}` })
  return { about, says: because.length === 0 ? 'is being deleted' : 'is being deleted, and cannot go yet', because }
}

async function naming({ client }: World, claim: PersistentVolumeClaim, name: string): Promise<readonly Finding[]> {
  const about = `PersistentVolume/${name}`
  const volume = await orNothing(client.get<PersistentVolume>(persistentVolumes, { name }))
  if (volume === undefined) return [{ about, says: 'is asked for by name and does not exist', remedy: 'create it' }]
  const ref = volume.spec.claimRef
  if (ref !== undefined && !isVolumeOf(volume, claim))
    return [
      { about, says: `is the volume of the claim ${ref.namespace}/${ref.name}`, remedy: 'ask for another volume' },
    ]
  const problem = claimProblem(volume, claim)
  return problem === undefined ? [] : [{ about, says: `does not suit the claim: ${problem}` }]
}

async function searching(world: World, claim: PersistentVolumeClaim): Promise<readonly Finding[]> {
  const { client } = world
  const className = classOfClaim(claim)
  if (className === '') {
    const without: Finding = {
      about: 'StorageClass',
      says: 'is not asked for, so only a volume that is there already and belongs to none will do',
      remedy: 'name a class in storageClassName, or create a volume',
    }
    return [without, ...(await unsuited(world, claim))]
  }
  const about = `StorageClass/${className}`
  const found = await orNothing(client.get<StorageClass>(storageClasses, { name: className }))
  if (found === undefined) return [{ about, says: 'does not exist', remedy: 'create it, or name another class' }]
  const selected = claim.metadata.annotations?.[volumeAnnotations.selectedNode]
  if (waitsForConsumer(found) && selected === undefined) {
    const waiting: Finding = {
      about,
      says: 'has its volumes made on the node of the first pod that uses them, and no such pod has a node yet',
      remedy: 'create a pod that uses the claim; if there is one: cox why pod/NAME',
    }
    return found.provisioner === noProvisioner ? [waiting, ...(await unsuited(world, claim))] : [waiting]
  }
  if (found.provisioner === noProvisioner) {
    const says = 'makes no volumes, so only one that is there already will do'
    return [{ about, says, remedy: 'create a volume of the class' }, ...(await unsuited(world, claim))]
  }
  const on = selected === undefined ? '' : ` on node ${selected}`
  const finding: Finding = {
    about,
    says: `leaves the volume to its provisioner ${found.provisioner}, which has made none yet${on}`,
    remedy: 'see that the provisioner runs, and what it says',
  }
  if (selected === undefined) return [finding]
  const node = await orNothing(client.get<Node>(nodes, { name: selected }))
  return node === undefined ? [finding, { about: `Node/${selected}`, says: 'does not exist any more' }] : [finding]
}

/** The free volumes of the class, each with what keeps it from the claim. */
async function unsuited({ client }: World, claim: PersistentVolumeClaim): Promise<readonly Finding[]> {
  const { items } = await client.list<PersistentVolume>(persistentVolumes)
  const free = items.filter(({ spec }) => spec.claimRef === undefined)
  return free.slice(0, volumesNamed).flatMap((volume) => {
    const problem = claimProblem(volume, claim)
    return problem === undefined
      ? []
      : [{ about: `PersistentVolume/${volume.metadata.name}`, says: `does not suit the claim: ${problem}` }]
  })
}
