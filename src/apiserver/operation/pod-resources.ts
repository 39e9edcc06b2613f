import { type Amounts, Metrics, podLimits, podRequests, type Reading } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'

const byteNames: ReadonlySet<string> = new Set(['memory', 'storage', 'ephemeral-storage'])

function unitOf(resource: string): string {
  if (resource === 'cpu') return 'cores'
  if (byteNames.has(resource) || resource.startsWith('hugepages-')) return 'bytes'
  return resource.startsWith('attachable-volumes-') ? 'integer' : ''
}

function readingsOf(pods: readonly Pod[], amountsOf: (pod: Pod) => Amounts): readonly Reading[] {
  return pods.flatMap((pod) => {
    const { nodeName = '', schedulerName = '', priority } = pod.spec
    const { name = '', namespace = '' } = pod.metadata
    const of = {
      namespace,
      pod: name,
      node: nodeName,
      scheduler: schedulerName,
      priority: priority === undefined ? '' : String(priority),
    }
    return [...amountsOf(pod)]
      .filter(([, { nanos }]) => nanos !== 0n)
      .map(([resource, { nanos }]) => ({
        labels: { ...of, resource, unit: unitOf(resource) },
        value: Number(nanos) / 1e9,
      }))
  })
}

const what =
  'for workloads on the cluster, broken down by pod. This shows the resource usage the scheduler and kubelet expect per pod for resources along with the unit for the resource if any.'

/** What pods ask for and may use, as Kubernetes' scheduler tells it: of all but those that have ended on their node. */
export function podResourcesText(pods: readonly Pod[]): string {
  const ended = ({ spec, status }: Pod) =>
    (spec.nodeName ?? '') !== '' && (status?.phase === 'Succeeded' || status?.phase === 'Failed')
  const living = pods.filter((pod) => !ended(pod))
  const metrics = new Metrics()
  metrics.readings('kube_pod_resource_limit', 'gauge', `Resources limit ${what}`, () => readingsOf(living, podLimits))
  metrics.readings(
    'kube_pod_resource_request',
    'gauge',
    `Resources requested ${what.replace('for workloads', 'by workloads')}`,
    () => readingsOf(living, (pod) => podRequests(pod)),
  )
  return metrics.text()
}
