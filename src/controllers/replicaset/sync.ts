import type { RecordEvent } from '../../client/index.ts'
import { type KubeObject, nameOf, StatusError, sameJson } from '../../machinery/index.ts'
import {
  type PodTemplateSpec,
  pods,
  type ReplicaSetCondition,
  type ReplicaSetStatus,
  type ResourceDefinition,
} from '../../resources/index.ts'
import { setCondition, withoutCondition } from '../runtime/conditions.ts'
import type { Turn } from '../runtime/controller.ts'
import { podFromTemplate } from '../runtime/pods.ts'
import { forAll, slowStart } from '../runtime/slow-start.ts'
import type { ReplicaOwner, ReplicaPlan } from './plan.ts'

type ReplicaKind = KubeObject &
  ReplicaOwner & { readonly status: ReplicaSetStatus; readonly spec: { readonly template?: PodTemplateSpec } }

export interface ReplicaSync<T extends ReplicaKind> {
  readonly turn: Turn
  readonly record: RecordEvent
  readonly resource: ResourceDefinition<T>
  readonly set: T
  readonly plan: ReplicaPlan
  /** The counts to show; conditions are added. */
  readonly counts: Omit<ReplicaSetStatus, 'conditions'>
  readonly nowMs: number
}

/** Creates or removes what the plan says, then writes the status if it changed, whether that worked or not. */
export async function syncReplicas<T extends ReplicaKind>(sync: ReplicaSync<T>): Promise<void> {
  const { turn, resource, set, plan, counts, nowMs } = sync
  let failure: unknown
  try {
    if (set.metadata.deletionTimestamp === undefined) await change(sync)
  } catch (error) {
    failure = error
  }
  const conditions = failureConditions(set.status.conditions, plan, failure, nowMs)
  const status = { ...counts, ...(conditions.length === 0 ? {} : { conditions }) }
  if (!sameStatus(set.status, status)) await turn.client.update(resource, { ...set, status }, 'status')
  if (failure !== undefined) throw failure
}

async function change<T extends ReplicaKind>({ turn, record, resource, set, plan }: ReplicaSync<T>): Promise<void> {
  if (plan.create > 0) {
    const pod = podFromTemplate(resource, set, set.spec.template!)
    await slowStart(plan.create, async () => {
      try {
        const created = await turn.client.create(pods, pod)
        record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
      } catch (error) {
        if (isNamespaceGoing(error)) return
        record(
          set,
          'Warning',
          'FailedCreate',
          `Error creating: ${error instanceof Error ? error.message : String(error)}`,
        )
        throw error
      }
    })
  }
  await forAll(plan.remove, async (pod) => {
    try {
      await turn.client.delete(pods, nameOf(pod), { preconditions: { uid: pod.metadata.uid } })
      record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
    } catch (error) {
      record(
        set,
        'Warning',
        'FailedDelete',
        `Error deleting: ${error instanceof Error ? error.message : String(error)}`,
      )
      throw error
    }
  })
}

/** Kubernetes: in a namespace that is going, creations fail for good reason: there is nothing to report or retry. */
function isNamespaceGoing(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    error.code === 403 &&
    error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true
  )
}

function failureConditions(
  conditions: readonly ReplicaSetCondition[] | undefined,
  plan: ReplicaPlan,
  failure: unknown,
  nowMs: number,
): readonly ReplicaSetCondition[] {
  const known = conditions?.find(({ type }) => type === 'ReplicaFailure')
  if (failure === undefined)
    return known === undefined ? (conditions ?? []) : withoutCondition(conditions, 'ReplicaFailure')
  if (known !== undefined) return conditions ?? []
  const reason = plan.create > 0 ? 'FailedCreate' : plan.remove.length > 0 ? 'FailedDelete' : ''
  if (reason === '') return conditions ?? []
  const message = failure instanceof Error ? failure.message : String(failure)
  return setCondition(conditions, { type: 'ReplicaFailure', status: 'True', reason, message }, nowMs)
}

/** Whether writing would change nothing; counts that are left out are zero. */
function sameStatus(left: ReplicaSetStatus, right: ReplicaSetStatus): boolean {
  const counts = [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'terminatingReplicas',
    'observedGeneration',
  ] as const
  return (
    counts.every((count) => (left[count] ?? 0) === (right[count] ?? 0)) &&
    sameJson(left.conditions ?? [], right.conditions ?? [])
  )
}
