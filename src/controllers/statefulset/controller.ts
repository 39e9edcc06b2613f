import { availableAtMs, isAlreadyExists, labelQueryOf, nameOf, sameJson, type Unsaved } from '../../machinery/index.ts'
import {
  controllerRevisions,
  type FeatureGates,
  type PersistentVolumeClaim,
  type Pod,
  type PodTemplateSpec,
  persistentVolumeClaims,
  pods,
  type StatefulSet,
  statefulSets,
} from '../../resources/index.ts'
import { claim } from '../runtime/claim.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { podFromTemplate } from '../runtime/pods.ts'
import { forgetRevisions, revisionHashLabel, syncRevisions, templateOf } from '../runtime/revisions.ts'
import { forAll, slowStart } from '../runtime/slow-start.ts'
import { each, ownedOrSelected } from '../runtime/watches.ts'
import { hasOtherController, ownersOfClaim, ownersOfNewClaim, retentionOf } from './claims.ts'
import { type Creation, ordinalOf, planStatefulSet, statefulStatus } from './plan.ts'

const queryOf = ({ spec }: StatefulSet) => labelQueryOf(spec.selector)

/** Keeps pods with names, storage and an order of their own. */
export const statefulSetController = (gates: Pick<FeatureGates, 'enabled'>): Controller => ({
  name: 'statefulset-controller',
  account: 'statefulset-controller',
  watches: [
    each(statefulSets),
    ownedOrSelected(statefulSets, pods, (set: StatefulSet, pod) => queryOf(set).matches(pod.metadata.labels)),
    {
      // A claim that is gone lets the pod of its number be made.
      resource: persistentVolumeClaims,
      wake: ({ metadata }: PersistentVolumeClaim, cached) =>
        cached(statefulSets)
          .list(metadata.namespace)
          .filter(({ metadata: { name }, spec }) =>
            spec.volumeClaimTemplates?.some((one) => metadata.name.startsWith(`${one.metadata.name}-${name}-`)),
          )
          .map(nameOf),
    },
    ownedOrSelected(statefulSets, controllerRevisions, (set: StatefulSet, one) =>
      queryOf(set).matches(one.metadata.labels),
    ),
  ],
  start(tools) {
    const { cached, clock } = tools
    const all = cached(statefulSets)
    const allPods = cached(pods)
    const history = cached(controllerRevisions)
    cached(persistentVolumeClaims)
    return async function reconcile(name, turn) {
      const set = all.get(name)
      if (set === undefined) return undefined
      const query = queryOf(set)
      const shared = { owners: statefulSets, owner: set, query }
      const claimed = await claim({
        ...shared,
        client: turn.client,
        resource: pods,
        cache: allPods,
        leaves: (pod) => ordinalOf(set, pod) === undefined,
      })
      const owned = claimed.filter((pod) => ordinalOf(set, pod) !== undefined)
      const { status, spec } = set
      const revisions = await syncRevisions({
        ...shared,
        turn,
        template: spec.template,
        cache: history,
        hashLabel: 'controller.kubernetes.io/hash',
        collisionCount: status.collisionCount,
      })
      const update = revisions.update.metadata.name
      const current = revisions.all.find(({ metadata }) => metadata.name === status.currentRevision) ?? revisions.update
      const names = { current: current.metadata.name, update }
      const nowMs = clock.now()
      const plan = planStatefulSet(set, owned, names, nowMs, gates.enabled('MaxUnavailableStatefulSet'))
      let failure: unknown
      if (set.metadata.deletionTimestamp === undefined) {
        for (const pod of owned) {
          // Kubernetes: a claim that was taken away from under a pod that waits for it is made again.
          if (pod.status.phase === 'Pending' && isWithin(set, pod))
            await createClaims(set, ordinalOf(set, pod)!, tools, turn)
          await keepOwnersOfClaims(set, pod, tools, turn)
        }
        const templates = { current: templateOf(current), update: spec.template }
        failure = await act(
          set,
          plan,
          (creation) => podOf(set, creation, templates[creation.revision], names[creation.revision]),
          tools,
          turn,
        )
      }
      const next = statefulStatus(set, owned, names, revisions.collisionCount, nowMs)
      if (!sameJson(shown(set.status), shown(next)))
        await turn.client.update(statefulSets, { ...set, status: next }, 'status')
      const used = new Set([
        names.current,
        names.update,
        ...owned.map(({ metadata }) => metadata.labels?.[revisionHashLabel]),
      ])
      await forgetRevisions(
        turn,
        revisions.all,
        ({ metadata }) => used.has(metadata.name),
        spec.revisionHistoryLimit ?? 10,
      )
      if (failure !== undefined) throw failure
      const times = owned
        .map((pod) => availableAtMs(pod, spec.minReadySeconds ?? 0, nowMs))
        .filter((one) => one !== undefined)
      return times.length === 0 ? undefined : { againInMs: Math.min(...times) - nowMs }
    }
  },
})

const isWithin = (set: StatefulSet, pod: Pod) => {
  const first = set.spec.ordinals?.start ?? 0
  const ordinal = ordinalOf(set, pod) ?? -1
  return ordinal >= first && ordinal < first + (set.spec.replicas ?? 1)
}

/** Counts that are left out are zero. */
const shown = (status: StatefulSet['status']) =>
  Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0))

/** Does what the plan says; answers what went wrong, if anything did. */
async function act(
  set: StatefulSet,
  plan: ReturnType<typeof planStatefulSet>,
  podFor: (creation: Creation) => Unsaved<Pod>,
  tools: Tools,
  turn: Turn,
): Promise<unknown> {
  const { cached, record } = tools
  const { name } = set.metadata
  const told = async (reason: 'Create' | 'Delete', podName: string, work: Promise<unknown>) => {
    const what = `${reason} Pod ${podName} in StatefulSet ${name}`
    try {
      await work
      record(set, 'Normal', `Successful${reason}`, `${what} successful`)
    } catch (error) {
      record(
        set,
        'Warning',
        `Failed${reason}`,
        `${what} failed error: ${error instanceof Error ? error.message : String(error)}`,
      )
      throw error
    }
  }
  const remove = (pod: Pod) =>
    told(
      'Delete',
      pod.metadata.name,
      turn.client.delete(pods, nameOf(pod), { preconditions: { uid: pod.metadata.uid } }),
    )
  try {
    await forAll(plan.recreate, remove)
    await slowStart(plan.create.length, async (index) => {
      const creation = plan.create[index]!
      // Kubernetes: a claim that goes with an earlier pod of the name is waited for.
      if (waitsForClaims(set, creation.ordinal, cached)) return
      const made = createClaims(set, creation.ordinal, tools, turn).then(() =>
        turn.client.create(pods, podFor(creation)),
      )
      await told('Create', `${name}-${creation.ordinal}`, made)
    })
    await forAll(plan.remove, remove)
    return undefined
  } catch (error) {
    return error
  }
}

const claimName = (set: StatefulSet, template: string, ordinal: number) => `${template}-${set.metadata.name}-${ordinal}`

/** The claims of a set's pod that are there. */
function claimsOf(set: StatefulSet, ordinal: number, cached: Tools['cached']): readonly PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).flatMap(
    ({ metadata }) =>
      cached(persistentVolumeClaims).get({ ...nameOf(set), name: claimName(set, metadata.name, ordinal) }) ?? [],
  )
}

/** Has the claims of a pod go, or stay, as the set's policy says. */
async function keepOwnersOfClaims(set: StatefulSet, pod: Pod, { cached, record }: Tools, turn: Turn): Promise<void> {
  for (const claim of claimsOf(set, ordinalOf(set, pod)!, cached)) {
    if (hasOtherController(claim, set, pod)) {
      const what = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference`
      const message = `${what} that acts as a manging controller, the retention policy is ignored for this claim`
      record(set, 'Warning', 'ConflictingController', message)
    }
    const ownerReferences = ownersOfClaim(claim, set, pod)
    if (ownerReferences === undefined) continue
    await turn.client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, ownerReferences } })
  }
}

function waitsForClaims(set: StatefulSet, ordinal: number, cached: Tools['cached']): boolean {
  if (retentionOf(set).whenScaled === 'Retain') return false
  const pod = { metadata: { name: `${set.metadata.name}-${ordinal}`, uid: '' } } as Pod
  return claimsOf(set, ordinal, cached).some((claim) =>
    claim.metadata.ownerReferences?.some(({ kind, name }) => kind === 'Pod' && name === pod.metadata.name),
  )
}

/** Makes the claims of a pod that are missing. Kubernetes: one that was made by somebody meanwhile is passed over. */
async function createClaims(set: StatefulSet, ordinal: number, { cached, record }: Tools, turn: Turn): Promise<void> {
  const setName = set.metadata.name
  const told = (reason: 'Successful' | 'Failed', claim: string, outcome: string) => {
    const [type, what] = reason === 'Failed' ? (['Warning', ' for'] as const) : (['Normal', ''] as const)
    const message = `Create Claim ${claim}${what} Pod ${setName}-${ordinal} in StatefulSet ${setName} ${outcome}`
    record(set, type, `${reason}Create`, message)
  }
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const place = { ...nameOf(set), name: claimName(set, template.metadata.name, ordinal) }
    if (cached(persistentVolumeClaims).get(place) !== undefined) continue
    const labels = { ...template.metadata.labels, ...set.spec.selector.matchLabels }
    const { annotations } = template.metadata
    const ownerReferences = ownersOfNewClaim(set)
    try {
      await turn.client.create(persistentVolumeClaims, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          ...place,
          labels,
          ...(annotations === undefined ? {} : { annotations }),
          ...(ownerReferences.length === 0 ? {} : { ownerReferences }),
        },
        spec: template.spec,
      })
      told('Successful', place.name, 'success')
    } catch (error) {
      if (isAlreadyExists(error)) continue
      const why = error instanceof Error ? error.message : String(error)
      told('Failed', place.name, `failed error: ${why}`)
      throw new Error(`failed to create PVC ${place.name}: ${why}`, { cause: error })
    }
  }
}

function podOf(set: StatefulSet, { ordinal }: Creation, template: PodTemplateSpec, revision: string): Unsaved<Pod> {
  const pod = podFromTemplate(statefulSets, set, template)
  const name = `${set.metadata.name}-${ordinal}`
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, metadata.name, ordinal) },
  }))
  const others = (pod.spec.volumes ?? []).filter((volume) => !claims.some((one) => one.name === volume.name))
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name,
      labels: {
        ...pod.metadata.labels,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
        [revisionHashLabel]: revision,
      },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(set.spec.serviceName === undefined || set.spec.serviceName === '' ? {} : { subdomain: set.spec.serviceName }),
      ...(claims.length + others.length === 0 ? {} : { volumes: [...claims, ...others] }),
    },
  }
}
