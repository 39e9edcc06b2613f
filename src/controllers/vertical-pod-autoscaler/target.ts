import type { Client } from '../../client/index.ts'
import {
  isNotFound,
  type LabelQuery,
  type LabelSelector,
  labelQueryOf,
  labelQueryOfSet,
  parseLabelSelector,
} from '../../machinery/index.ts'
import type { ResourceDefinition, VerticalPodAutoscaler } from '../../resources/index.ts'
import {
  cronJobs,
  daemonSets,
  deployments,
  jobs,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../../resources/index.ts'

const bySelector: readonly ResourceDefinition<any>[] = [deployments, replicaSets, statefulSets, daemonSets, jobs]
const known: readonly ResourceDefinition<any>[] = [...bySelector, replicationControllers, cronJobs]

/** Why an autoscaler cannot be followed, as its condition says. */
export class UnsupportedTarget extends Error {}

/** Which pods the target has. Rejects with `UnsupportedTarget` when that cannot be told. */
export async function podsOfTarget(client: Client, { spec, metadata }: VerticalPodAutoscaler): Promise<LabelQuery> {
  const { targetRef } = spec
  if (targetRef === undefined)
    throw new UnsupportedTarget('targetRef not defined. If this is a v1beta1 object, switch to v1.')
  const { kind, name, apiVersion = '' } = targetRef
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
  const at = { namespace: metadata.namespace ?? '', name }
  const usual = known.find((one) => one.kind === kind && one.group === group)
  try {
    if (usual !== undefined) return selectorIn(usual, await client.get(usual, at))
    const { resources } = await client.discover()
    const found = resources.find((one) => one.kind === kind && one.group === group)
    if (found === undefined) throw new UnsupportedTarget(`Unknown resource ${kind}.${group}`)
    const { status } = (await client.get(found, at, 'scale')) as { status?: { selector?: string } }
    if ((status?.selector ?? '') === '')
      throw new UnsupportedTarget(`Resource ${metadata.namespace}/${name} has an empty selector for scale sub-resource`)
    return parseLabelSelector(status!.selector!)
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new UnsupportedTarget(`${kind} ${at.namespace}/${name} does not exist`)
  }
}

function selectorIn(definition: ResourceDefinition<any>, { spec }: any): LabelQuery {
  if (bySelector.includes(definition)) return labelQueryOf(spec.selector as LabelSelector)
  if (definition === cronJobs) return labelQueryOfSet(spec.jobTemplate.spec.template.metadata?.labels ?? {})
  return labelQueryOfSet(spec.selector ?? {})
}
