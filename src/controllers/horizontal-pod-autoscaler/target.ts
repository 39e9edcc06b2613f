import type { Client } from '../../client/index.ts'
import { type Clock, isConflict } from '../../machinery/index.ts'
import {
  deployments,
  type ResourceDefinition,
  replicaSets,
  replicationControllers,
  type Scale,
  statefulSets,
} from '../../resources/index.ts'
import type { Tools } from '../runtime/controller.ts'
import type { ResolveKind } from './metrics-api.ts'
import { withCondition } from './plan.ts'
import { type State, TurnFailed, tellStatus, writeStatus } from './status.ts'

/** Kubernetes: what is served is looked up anew this often. */
const servedKeptMs = 30_000
/** Kubernetes: how often a scale is written anew when somebody else was faster. */
const conflictRetriesMax = 5
const usual: readonly ResourceDefinition<any>[] = [deployments, statefulSets, replicaSets, replicationControllers]

/** Finds kinds by what references name: the usual ones are known, others are looked up in discovery now and then. */
export function kindResolver(clock: Clock): ResolveKind {
  let served: { readonly resources: Promise<readonly ResourceDefinition<any>[]>; readonly atMs: number } | undefined
  return async (client: Client, group, kind) => {
    const is = (one: ResourceDefinition<any>) => one.group === group && one.kind === kind
    const known = usual.filter(is)
    if (known.length > 0) return known
    const nowMs = clock.monotonic()
    if (served === undefined || nowMs - served.atMs >= servedKeptMs)
      served = { resources: client.discover().then(({ resources }) => resources), atMs: nowMs }
    const asked = served
    const resources = await asked.resources.catch((error: unknown) => {
      if (served === asked) served = undefined
      throw error
    })
    const found = resources.filter(is)
    if (found.length === 0)
      throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
    return found
  }
}

/** The group of an apiVersion. Throws in Kubernetes' words when it is none. */
export function groupOfApiVersion(apiVersion: string | undefined): string {
  const parts = (apiVersion ?? '').split('/')
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`)
  return parts.length === 2 ? parts[0]! : ''
}

/** A target's scale, and where it is written. */
export interface Found {
  readonly definition: ResourceDefinition<any>
  readonly scale: Scale
}

/** The target's scale, by whichever of the kind's versions has it. */
export async function findScale(tools: Tools, resolve: ResolveKind, state: State): Promise<Found> {
  const { autoscaler, turn } = state
  const { namespace = '' } = autoscaler.metadata
  const { apiVersion, kind, name } = autoscaler.spec.scaleTargetRef
  let context = 'invalid API version in scale target reference: '
  try {
    const group = groupOfApiVersion(apiVersion)
    context = 'unable to determine resource for scale target reference: '
    const definitions = await resolve(turn.client, group, kind)
    context = `failed to query scale subresource for ${kind}/${namespace}/${name}: `
    const definition = definitions[0]!
    const scale = (await turn.client.get(definition, { namespace, name }, 'scale')) as unknown as Scale
    const got = {
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    }
    state.conditions = withCondition(state.conditions, 'AbleToScale', 'True', got, tools.clock.now())
    return { definition, scale }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    tools.record(autoscaler, 'Warning', 'FailedGetScale', message)
    const why = {
      reason: 'FailedGetScale',
      message: `the HPA controller was unable to get the target's current scale: ${message}`,
    }
    state.conditions = withCondition(state.conditions, 'AbleToScale', 'False', why, tools.clock.now())
    await writeStatus(tools, state, autoscaler.status ?? { desiredReplicas: 0 })
    throw new TurnFailed(`${context}${message}`, context.startsWith('invalid API version'))
  }
}

/** Writes the scale, again where somebody else was faster. */
export async function rescale(
  tools: Tools,
  state: State,
  { definition, scale }: Found,
  desired: number,
  reason: string,
): Promise<void> {
  const { autoscaler, turn } = state
  const name = { namespace: autoscaler.metadata.namespace ?? '', name: autoscaler.spec.scaleTargetRef.name }
  let latest = scale
  for (let tries = 1; ; tries++) {
    try {
      await turn.client.update(definition, { ...latest, spec: { ...latest.spec, replicas: desired } }, 'scale')
      return
    } catch (error) {
      if (isConflict(error) && tries < conflictRetriesMax) {
        latest = (await turn.client.get(definition, name, 'scale')) as unknown as Scale
        continue
      }
      const message = error instanceof Error ? error.message : String(error)
      tools.record(autoscaler, 'Warning', 'FailedRescale', `New size: ${desired}; reason: ${reason}; error: ${message}`)
      const why = {
        reason: 'FailedUpdateScale',
        message: `the HPA controller was unable to update the target scale: ${message}`,
      }
      state.conditions = withCondition(state.conditions, 'AbleToScale', 'False', why, tools.clock.now())
      await tellStatus(tools, state, autoscaler.status?.desiredReplicas ?? 0, false)
      const { kind } = autoscaler.spec.scaleTargetRef
      throw new TurnFailed(`failed to rescale ${kind}/${name.namespace}/${name.name}: ${message}`)
    }
  }
}
