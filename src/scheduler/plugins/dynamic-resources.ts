import { parseDuration } from '../../machinery/index.ts'
import { isReservedFor, type Pod, type ResourceClaim } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import {
  bindClaim,
  deallocateClaim,
  deleteClaim,
  giveUpClaims,
  makeExtendedClaim,
  untilReady,
} from '../devices/bind-claims.ts'
import { ClaimAnswers, cannotBeReady, extendedOf, isElsewhere, search } from '../devices/claim-answers.ts'
import { type ExtendedClaim, ExtendedClaims } from '../devices/extended.ts'
import { claimsOfPod, mustBeMadeReady } from '../devices/pod-claims.ts'
import { type BindTools, fits, refuseAlways, type SchedulerPlugin } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PluginArguments } from '../profile/choices.ts'

/** Unlike Kubernetes: a search for devices holds up the whole process, and is given up after this long whatever is allowed. */
const searchMsMax = 1_000

const claimsAsked = ({ spec }: Pod) => (spec?.resourceClaims ?? []).length > 0

/** DynamicResources: a pod goes where the devices that its claims ask for can be had, and gets them before it is bound. */
export function dynamicResourcesOf(args: NonNullable<PluginArguments['DynamicResources']> = {}): SchedulerPlugin {
  const filterMs = Math.min(parseDuration(args.filterTimeout ?? '10s') || searchMsMax, searchMsMax)
  const bindingMs = parseDuration(args.bindingTimeout ?? '600s')
  /** Claims that are to be made for extended resources, by the pod's uid. */
  const toMake = new Map<string, ExtendedClaim>()
  return {
    name: 'DynamicResources',
    weight: 2,
    wakeOn: [
      'Node/Add',
      'Node/UpdateLabel',
      'Node/UpdateAllocatable',
      'ResourceClaim/Add',
      'ResourceClaim/Update',
      'Pod/UpdateGeneratedResourceClaim',
      'DeviceClass/Add',
      'DeviceClass/Update',
      'ResourceSlice/Add',
      'ResourceSlice/Update',
    ],
    skips: ({ pod, others }) => !claimsAsked(pod) && others.size === 0,
    preEnqueue(pod, { devices }) {
      // Before everything is known nothing can be said against a pod.
      if (!claimsAsked(pod) || devices?.isReady !== true) return fits
      const known = claimsOfPod(pod, devices)
      return 'problem' in known ? refuseAlways(known.problem) : fits
    },
    prepare(facts, columns) {
      const { devices } = columns
      if (devices === undefined) return undefined
      const extended = extendedOf(facts, devices)
      if (!claimsAsked(facts.pod) && extended === undefined) return undefined
      return new ClaimAnswers(facts.pod, columns, devices, extended, filterMs, bindingMs).prepared
    },
    postFilter(facts, columns) {
      const { pod } = facts
      const { devices } = columns
      const stale = devices === undefined || facts.others.size === 0 ? undefined : devices.extendedClaimOf(pod)
      if (stale !== undefined)
        return {
          says: 'deletion of ResourceClaim completed',
          act: ({ client }) => deleteClaim(stale, client),
        }
      const known = claimsAsked(pod) && devices !== undefined ? claimsOfPod(pod, devices) : { claims: [] }
      if ('problem' in known || known.claims.length === 0 || devices === undefined)
        return { says: 'no new claims to deallocate' }
      const idle = known.claims.find((claim) => isUnavailable(claim, columns, bindingMs) && isOnlyFor(claim, pod))
      if (idle === undefined) return { says: 'still not schedulable' }
      return {
        says: 'deallocation of ResourceClaim completed',
        act: ({ client }) => deallocateClaim(idle, { client, book: devices }),
      }
    },
    reserve: (facts, nodeName, columns) => reserveDevices(facts, nodeName, columns, filterMs, toMake),
    preBind: (facts, nodeName, tools, signal) => bindClaims(facts, nodeName, tools, bindingMs, toMake, signal),
    async unreserve({ pod, others }, _nodeName, { client, columns }) {
      const { devices } = columns
      const known = devices === undefined ? undefined : claimsOfPod(pod, devices)
      if (devices === undefined || known === undefined) return
      if ('claims' in known) await giveUpClaims(known.claims, pod, { client, book: devices })
      const made = others.size === 0 ? undefined : devices.extendedClaimOf(pod)
      if (made !== undefined) await deleteClaim(made, client)
    },
  }
}

/** Whether a claim's devices keep its pod from some node. */
function isUnavailable(claim: ResourceClaim, columns: NodeColumns, bindingMs: number): boolean {
  if (claim.status?.allocation === undefined) return false
  if (cannotBeReady(claim, columns.devices!, bindingMs)) return true
  for (let place = 0; place < columns.size; place++)
    if (columns.alive[place] === 1 && isElsewhere(claim, place, columns)) return true
  return false
}

function isOnlyFor(claim: ResourceClaim, pod: Pod): boolean {
  const { reservedFor = [] } = claim.status
  return reservedFor.length === 0 || (reservedFor.length === 1 && isReservedFor(claim, pod))
}

function reserveDevices(
  facts: PodFacts,
  nodeName: string,
  columns: NodeColumns,
  searchMs: number,
  toMake: Map<string, ExtendedClaim>,
): Disposable | undefined {
  const { devices } = columns
  const place = columns.placeOf(nodeName)
  if (devices === undefined || place === undefined) return undefined
  const { pod } = facts
  const backed = extendedOf(facts, devices)
  const newUid = () => devices.random.uuid()
  const extended = backed && new ExtendedClaims(pod, backed, newUid).for(columns.others[place])
  if (!claimsAsked(pod) && extended === undefined) return undefined
  const known = claimsOfPod(pod, devices)
  if ('problem' in known) throw new Error(known.problem)
  const missing = [
    ...known.claims.filter(({ status }) => status?.allocation === undefined),
    ...(extended === undefined ? [] : [extended.claim]),
  ]
  const found = search(missing, columns.nodes[place]!, devices, searchMs)
  if ('reason' in found) throw new Error('claim allocation not found for node')
  const decided = missing.map((claim, at) => devices.decide(claim, found.results[at]!))
  if (extended !== undefined) toMake.set(pod.metadata.uid, extended)
  return {
    [Symbol.dispose]() {
      toMake.delete(pod.metadata.uid)
      for (const one of decided) one[Symbol.dispose]()
    },
  }
}

async function bindClaims(
  { pod }: PodFacts,
  nodeName: string,
  { client, columns, record }: BindTools,
  bindingMs: number,
  toMake: ReadonlyMap<string, ExtendedClaim>,
  signal: AbortSignal,
): Promise<void> {
  const { devices } = columns
  if (devices === undefined) return
  const known = claimsOfPod(pod, devices)
  if ('problem' in known) throw new Error(known.problem)
  const bound: ResourceClaim[] = []
  for (const claim of known.claims) {
    const decided = devices.decided(claim.metadata.uid)
    bound.push(isReservedFor(claim, pod) ? claim : await bindClaim(claim, decided, pod, { client, book: devices }))
  }
  const extended = toMake.get(pod.metadata.uid)
  if (extended !== undefined) bound.push(await makeExtendedClaim(extended, pod, { client, book: devices }, signal))
  if (!devices.features.bindingConditions || !bound.some(mustBeMadeReady)) return
  record(
    pod,
    'Normal',
    'BindingConditionsPending',
    'Scheduling',
    `waiting for binding conditions for device on node ${nodeName}`,
  )
  await untilReady(bound, devices, bindingMs, signal)
}
