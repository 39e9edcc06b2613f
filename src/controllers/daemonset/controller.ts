import {
  availableAtMs,
  Backoff,
  type KubeObject,
  labelQueryOf,
  nameOf,
  sameJson,
  type Unsaved,
} from '../../machinery/index.ts'
import { controllerRevisions, type DaemonSet, daemonSets, nodes, type Pod, pods } from '../../resources/index.ts'
import { claim } from '../runtime/claim.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { podFromTemplate } from '../runtime/pods.ts'
import { forgetRevisions, revisionHashLabel, syncRevisions } from '../runtime/revisions.ts'
import { forAll, slowStart } from '../runtime/slow-start.ts'
import { each, ownedOrSelected } from '../runtime/watches.ts'
import { type DaemonPlan, daemonStatus, planDaemons, tolerationsOf } from './plan.ts'

const selects = ({ spec }: DaemonSet, { metadata }: KubeObject) => labelQueryOf(spec.selector).matches(metadata.labels)
/** Kubernetes: at most this many pods change in one turn. */
const burst = 250
/** Kubernetes: a daemon that keeps failing is replaced ever more slowly. */
const failedLimits = { initialMs: 1000, maxMs: 15 * 60_000 }

/** Keeps one pod of each DaemonSet on every node that it is for. */
export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  account: 'daemon-set-controller',
  eventSource: 'daemonset-controller',
  watches: [
    each(daemonSets),
    ownedOrSelected(daemonSets, pods, selects),
    ownedOrSelected(daemonSets, controllerRevisions, selects),
    { resource: nodes, wake: (_, cached) => cached(daemonSets).list().map(nameOf) },
  ],
  start(tools) {
    const { cached, clock } = tools
    const all = cached(daemonSets)
    const allPods = cached(pods)
    const history = cached(controllerRevisions)
    const failures = new Backoff<string>(failedLimits)

    /** The ended daemons that may be replaced now, and when the next of the others may. */
    function replaceable(set: DaemonSet, ended: readonly Pod[], nowMs: number) {
      const key = (pod: Pod) => `${set.metadata.uid}/${set.status.observedGeneration}/${pod.spec.nodeName}`
      const waits = ended.map((pod) => failures.remaining(key(pod), nowMs))
      const now = ended.filter((_, index) => waits[index] === 0)
      for (const pod of now) failures.next(key(pod), nowMs)
      const later = waits.filter((one) => one > 0)
      return { now, againInMs: later.length === 0 ? undefined : Math.min(...later) }
    }

    return async function reconcile(name, turn) {
      const set = all.get(name)
      if (set === undefined) return undefined
      const shared = { owners: daemonSets, owner: set, query: labelQueryOf(set.spec.selector) }
      const owned = await claim({ ...shared, client: turn.client, resource: pods, cache: allPods })
      const { template, revisionHistoryLimit = 10, minReadySeconds = 0 } = set.spec
      const revisions = await syncRevisions({
        ...shared,
        turn,
        template,
        cache: history,
        hashLabel: revisionHashLabel,
        collisionCount: set.status.collisionCount,
      })
      const hash = revisions.update.metadata.labels?.[revisionHashLabel] ?? ''
      const nowMs = clock.now()
      const there = cached(nodes).list()
      const isGoing = set.metadata.deletionTimestamp !== undefined
      const plan = planDaemons(set, there, owned, hash, nowMs)
      const ended = isGoing ? undefined : replaceable(set, plan.ended, nowMs)
      const failure = ended === undefined ? undefined : await act(set, { ...plan, ended: ended.now }, hash, tools, turn)
      const status = daemonStatus(set, there, owned, hash, revisions.collisionCount, nowMs)
      if (!sameJson(shown(set.status), shown(status)))
        await turn.client.update(daemonSets, { ...set, status }, 'status')
      const used = new Set([hash, ...owned.map(({ metadata }) => metadata.labels?.[revisionHashLabel])])
      await forgetRevisions(
        turn,
        revisions.all,
        ({ metadata }) => used.has(metadata.labels?.[revisionHashLabel]),
        revisionHistoryLimit,
      )
      if (failure !== undefined) throw failure
      const times = owned.map((pod) => availableAtMs(pod, minReadySeconds, nowMs)).filter((one) => one !== undefined)
      const waits = [...times.map((atMs) => atMs - nowMs), ended?.againInMs].filter((one) => one !== undefined)
      return waits.length === 0 ? undefined : { againInMs: Math.min(...waits) }
    }
  },
}

/** Counts that are left out are zero. */
const shown = (status: DaemonSet['status']) =>
  Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0))

/** Does what the plan says; answers what went wrong, if anything did. */
async function act(
  set: DaemonSet,
  plan: DaemonPlan,
  hash: string,
  { record }: Tools,
  { client }: Turn,
): Promise<unknown> {
  const remove = async (pod: Pod) => {
    await client.delete(pods, nameOf(pod), { preconditions: { uid: pod.metadata.uid } })
    record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  }
  try {
    await forAll(plan.ended.slice(0, burst), async (pod) => {
      const { namespace, name } = pod.metadata
      const where = `daemon pod ${namespace}/${name} on node ${pod.spec.nodeName}`
      if (pod.status.phase === 'Failed')
        record(set, 'Warning', 'FailedDaemonPod', `Found failed ${where}, will try to kill it`)
      else record(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${where}, will try to delete it`)
      await remove(pod)
    })
    const names = plan.create.slice(0, burst)
    await slowStart(names.length, async (index) => {
      try {
        const created = await client.create(pods, podOf(set, names[index]!, hash))
        record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
      } catch (error) {
        record(
          set,
          'Warning',
          'FailedCreate',
          `Error creating: ${error instanceof Error ? error.message : String(error)}`,
        )
        throw error
      }
    })
    await forAll(plan.remove.slice(0, burst), remove)
    return undefined
  } catch (error) {
    return error
  }
}

function podOf(set: DaemonSet, nodeName: string, hash: string): Unsaved<Pod> {
  const pod = podFromTemplate(daemonSets, set, set.spec.template)
  const generation = set.metadata.annotations?.['deprecated.daemonset.template.generation']
  const { affinity } = pod.spec
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [nodeName] } as const]
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [revisionHashLabel]: hash,
        ...(generation === undefined ? {} : { 'pod-template-generation': generation }),
      },
    },
    spec: {
      ...pod.spec,
      // Kubernetes: the scheduler places daemons too, and this is how it knows where; the template's own terms have been heeded.
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields }],
          },
        },
      },
      tolerations: tolerationsOf(set),
    },
  }
}
