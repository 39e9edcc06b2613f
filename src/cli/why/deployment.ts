import { controllerOf } from '../../machinery/index.ts'
import { type Deployment, deployments, type Pod, pods, type ReplicaSet, replicaSets } from '../../resources/index.ts'
import type { Finding } from './finding.ts'
import { explainPod } from './pod.ts'
import { aboutText, eventsAbout, orNothing, type World } from './world.ts'

/** Of the pods that are not as they should be, so many are explained. */
const podsExplained = 3
const revisionAnnotation = 'deployment.kubernetes.io/revision'

/** Why a Deployment does not get on; undefined when there is none of the name. */
export async function whyDeployment(world: World, namespace: string, name: string): Promise<Finding | undefined> {
  const { client } = world
  const deployment = await orNothing(client.get<Deployment>(deployments, { namespace, name }))
  if (deployment === undefined) return undefined
  const about = aboutText('Deployment', deployment.metadata)
  const wanted = deployment.spec?.replicas ?? 1
  const { updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = deployment.status ?? {}
  if (observedGeneration < (deployment.metadata.generation ?? 0))
    return {
      about,
      says: 'has a change that no controller has taken up yet',
      remedy: 'see that the deployment controller runs: cox status',
    }
  if (deployment.spec?.paused === true && updatedReplicas < wanted)
    return { about, says: 'is paused', remedy: `kubectl rollout resume -n ${namespace} deployment/${name}` }
  const sets = (await client.list<ReplicaSet>(replicaSets, { namespace })).items.filter(
    (set) => controllerOf(set)?.uid === deployment.metadata.uid,
  )
  const newest = sets.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0]
  const because = newest === undefined ? [] : await setFindings(world, newest)
  if (updatedReplicas >= wanted && availableReplicas >= wanted)
    return { about, says: `is complete: all ${wanted} pods are up to date and available`, because }
  const progressing = deployment.status?.conditions?.find(({ type }) => type === 'Progressing')
  const isLate = progressing?.reason === 'ProgressDeadlineExceeded'
  return {
    about,
    says: `has ${availableReplicas} of ${wanted} pods available, ${updatedReplicas} of them from its latest template${isLate ? ', and has exceeded its progress deadline' : ''}`,
    because,
  }
}

const revisionOf = ({ metadata }: ReplicaSet) => Number(metadata.annotations?.[revisionAnnotation] ?? 0)

async function setFindings(world: World, set: ReplicaSet): Promise<readonly Finding[]> {
  const about = aboutText('ReplicaSet', set.metadata)
  const findings: Finding[] = []
  const failure = set.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  if (failure !== undefined)
    findings.push({ about, says: `cannot create pods: ${failure.message}`, ...remedyFor(failure.message) })
  else {
    const refused = (await eventsAbout(world, set)).find(({ reason }) => reason === 'FailedCreate')
    if (refused !== undefined && (set.status?.replicas ?? 0) < (set.spec?.replicas ?? 1))
      findings.push({ about, says: `cannot create pods: ${refused.message}`, ...remedyFor(refused.message) })
  }
  const { items } = await world.client.list<Pod>(pods, { namespace: set.metadata.namespace! })
  const own = items.filter((pod) => controllerOf(pod)?.uid === set.metadata.uid)
  const unready = own.filter(
    (pod) => pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') !== true,
  )
  for (const pod of unready.slice(0, podsExplained)) findings.push(await explainPod(world, pod))
  if (unready.length > podsExplained)
    findings.push({ about, says: `has ${unready.length - podsExplained} more pods that are not ready` })
  return findings
}

/** What helps against a refusal to create pods, told by its words. */
function remedyFor(message = ''): { readonly remedy?: string } {
  if (message.includes('exceeded quota')) return { remedy: 'raise the ResourceQuota, or ask for less' }
  if (message.includes('violates PodSecurity'))
    return { remedy: "change the pod template, or the namespace's pod-security.kubernetes.io/enforce label" }
  if (message.includes('admission webhook') || message.includes('failed calling webhook'))
    return { remedy: 'see what the webhook asks for, or that its service answers' }
  if (message.includes('service account')) return { remedy: 'create the ServiceAccount the template names' }
  return {}
}
