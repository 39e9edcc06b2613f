import type { Discovery } from '../../client/index.ts'
import { type KubeObject, msOf } from '../../machinery/index.ts'
import {
  type APIService,
  apiServices,
  type EndpointSlice,
  endpointSlices,
  type Namespace,
  namespaces,
  type Pod,
  pods,
  type ResourceDefinition,
} from '../../resources/index.ts'
import { ageText, type Finding } from './finding.ts'
import { explainPod } from './pod.ts'
import { aboutText, orNothing, type World } from './world.ts'

/** Of the objects that hold a namespace, so many are named. */
const objectsNamed = 10

/** Why a namespace does not go; undefined when there is none of the name. */
export async function whyNamespace(world: World, name: string): Promise<Finding | undefined> {
  const namespace = await orNothing(world.client.get<Namespace>(namespaces, { name }))
  if (namespace === undefined) return undefined
  const about = `Namespace/${name}`
  const { deletionTimestamp } = namespace.metadata
  if (deletionTimestamp === undefined) return { about, says: 'is active; nobody asked for it to go' }
  const discovery = await world.client.discover()
  const because = [
    ...(await brokenGroups(world, namespace)),
    ...(await remaining(world, discovery, name)),
    ...failures(namespace, about),
  ]
  const { finalizers = [] } = namespace.spec ?? {}
  for (const finalizer of finalizers.filter((one) => one !== 'kubernetes'))
    because.push({
      about,
      says: `is held by the finalizer ${finalizer}`,
      remedy: 'whoever put it there must finalize it',
    })
  const age = ageText(world.nowMs - msOf(deletionTimestamp))
  return {
    about,
    says:
      because.length === 0
        ? `has been going for ${age}; nothing holds it any more`
        : `has been going for ${age}, and cannot yet`,
    because,
  }
}

/** API groups that do not answer: the namespace controller cannot know whether something of theirs is left. */
async function brokenGroups(world: World, namespace: Namespace): Promise<readonly Finding[]> {
  const discovery = namespace.status?.conditions?.find(
    ({ type, status }) => type === 'NamespaceDeletionDiscoveryFailure' && status === 'True',
  )
  const broken = (await world.client.list<APIService>(apiServices)).items.filter((service) =>
    service.status?.conditions?.some(({ type, status }) => type === 'Available' && status !== 'True'),
  )
  if (broken.length === 0)
    return discovery === undefined
      ? []
      : [{ about: `Namespace/${namespace.metadata.name}`, says: `${discovery.reason}: ${discovery.message}` }]
  return Promise.all(broken.map((service) => extensionFinding(world, service)))
}

async function extensionFinding(world: World, service: APIService): Promise<Finding> {
  const about = `APIService/${service.metadata.name}`
  const available = service.status?.conditions?.find(({ type }) => type === 'Available')
  const { group = '', version = '' } = service.spec ?? {}
  const because: Finding[] = []
  const { namespace = '', name = '' } = service.spec?.service ?? {}
  if (name !== '') {
    const { items } = await world.client.list<EndpointSlice>(endpointSlices, {
      namespace,
      labelSelector: `kubernetes.io/service-name=${name}`,
    })
    const targets = items.flatMap(({ endpoints }) => (endpoints ?? []).map(({ targetRef }) => targetRef?.name ?? ''))
    const serviceAbout = aboutText('Service', { namespace, name })
    const backends: Finding[] = []
    for (const target of new Set(targets.filter((one) => one !== ''))) {
      const pod = await orNothing(world.client.get<Pod>(pods, { namespace, name: target }))
      if (pod !== undefined) backends.push(await explainPod(world, pod))
    }
    because.push({
      about: serviceAbout,
      says:
        targets.length === 0
          ? 'has no pod behind it'
          : `has ${targets.length === 1 ? 'one pod' : `${targets.length} pods`} behind it`,
      because: backends,
    })
  }
  return {
    about,
    says: `does not answer for ${group}/${version}, so nobody can tell what of it is in the namespace: ${available?.reason}: ${available?.message}`,
    remedy: `bring its server back, or, if it is gone for good: kubectl delete apiservice ${service.metadata.name}`,
    because,
  }
}

/** What is left of all kinds, objects that are held by finalizers first. */
async function remaining(
  { client, nowMs }: World,
  { resources }: Discovery,
  namespace: string,
): Promise<readonly Finding[]> {
  const kinds = resources.filter(
    ({ scope, verbs }) => scope === 'Namespaced' && verbs.includes('list') && verbs.includes('delete'),
  )
  const lists = await Promise.all(
    kinds.map(async (definition: ResourceDefinition<any>) => {
      const list = await client.list<KubeObject>(definition, { namespace }).catch(() => undefined)
      return (list?.items ?? []).map((object) => ({ kind: definition.kind, object }))
    }),
  )
  const seen = new Set<string>()
  const left = lists
    .flat()
    .filter(({ kind, object }) => kind !== 'Event' && !seen.has(object.metadata.uid) && seen.add(object.metadata.uid))
    .toSorted((a, b) => (b.object.metadata.finalizers?.length ?? 0) - (a.object.metadata.finalizers?.length ?? 0))
  const named = left.slice(0, objectsNamed).map(({ kind, object }): Finding => {
    const { deletionTimestamp, finalizers = [] } = object.metadata
    const about = aboutText(kind, object.metadata)
    if (finalizers.length > 0)
      return {
        about,
        says: `${deletionTimestamp === undefined ? 'is there' : `has been going for ${ageText(Math.max(0, nowMs - msOf(deletionTimestamp)))}`}, held by the finalizer ${finalizers.join(', ')}`,
        remedy: `see whether who takes ${finalizers.length === 1 ? 'it' : 'them'} away still runs; if it is gone for good: kubectl patch -n ${namespace} ${kind.toLowerCase()}/${object.metadata.name} --type=merge -p '{"metadata":{"finalizers":null}}'`,
      }
    return { about, says: deletionTimestamp === undefined ? 'is still there' : 'is being deleted' }
  })
  const more = left.length - named.length
  return more > 0 ? [...named, { about: `${more} more objects`, says: 'are still there' }] : named
}

function failures(namespace: Namespace, about: string): Finding[] {
  return (namespace.status?.conditions ?? [])
    .filter(
      ({ type, status }) =>
        status === 'True' &&
        (type === 'NamespaceDeletionContentFailure' || type === 'NamespaceDeletionGroupVersionParsingFailure'),
    )
    .map(({ reason, message }) => ({ about, says: `${reason}: ${message}` }))
}
