import {
  compareQuantities,
  forbidden,
  milliValueOf,
  parseQuantity,
  podRequests,
  StatusError,
  sameJson,
  wholeValueOf,
  zeroQuantity,
} from '../../../machinery/index.ts'
import { type Draft, type Node, nodes } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

/** Changes of a running pod that its node must say it can follow. */
const declaredFeatures: readonly (readonly [feature: string, isUsed: (pod: Draft, before: Draft) => boolean])[] = [
  ['InPlacePodLevelResourcesVerticalScaling', ({ spec }, before) => !sameJson(spec.resources, before.spec.resources)],
  [
    'InPlacePodVerticalScalingInitContainers',
    ({ spec }, before) =>
      (before.spec.initContainers ?? []).some(
        (one: Draft, index: number) =>
          one.restartPolicy !== 'Always' &&
          !sameJson(one.resources ?? {}, spec.initContainers?.[index]?.resources ?? {}),
      ),
  ],
]

const isOfPod = ({ operation, definition, object }: Attributes) =>
  operation === 'UPDATE' &&
  definition.group === '' &&
  definition.plural === 'pods' &&
  (object.spec?.nodeName ?? '') !== ''

const refusal = ({ name }: Attributes, why: string) => forbidden({ group: '', resource: 'pods' }, name, why)

async function nodeOf(attributes: Attributes, registry: Registry): Promise<Node> {
  const { nodeName } = attributes.object.spec
  const node = await registry.find<Node>(nodes, undefined, nodeName)
  if (node === undefined) throw refusal(attributes, `node ${JSON.stringify(nodeName)} not found`)
  return node
}

/** NodeDeclaredFeatureValidator: a pod is changed only in ways that its node has declared to know. */
export function nodeDeclaredFeatureValidator({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  return {
    name: 'NodeDeclaredFeatureValidator',
    resources: ['/pods'],
    concerns: (operation, subresource) => operation === 'UPDATE' && (subresource === '' || subresource === 'resize'),
    async validate(attributes) {
      const { subresource, object, previous } = attributes
      if (!isOfPod(attributes) || (subresource !== '' && subresource !== 'resize')) return
      if (object.metadata.generation === previous?.metadata.generation) return
      const used = declaredFeatures
        .filter(([, isUsed]) => isUsed(object, previous as Draft))
        .map(([feature]) => feature)
      if (used.length === 0) return
      const node = await nodeOf(attributes, registry())
      const declared: readonly string[] = (node.status as Draft | undefined)?.declaredFeatures ?? []
      const missing = used.filter((feature) => !declared.includes(feature))
      if (missing.length > 0)
        throw refusal(
          attributes,
          `pod update requires features ${missing.join(', ')} which are not available on node ${JSON.stringify(node.metadata.name)}`,
        )
    },
  }
}

/** PodResizeValidator: a pod grows only within what its node has, and only on Linux. */
export function podResizeValidator({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    resources: ['/pods'],
    concerns: (operation, subresource) => operation === 'UPDATE' && subresource === 'resize',
    async validate(attributes) {
      const { subresource, object, previous } = attributes
      if (!isOfPod(attributes) || subresource !== 'resize') return
      if (object.metadata.generation === previous?.metadata.generation) return
      const node = await nodeOf(attributes, registry())
      const system = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux'
      if (system !== 'linux')
        throw because(
          refusal(
            attributes,
            `pod resize is only supported on linux nodes, node ${JSON.stringify(node.metadata.name)} is ${JSON.stringify(system)}`,
          ),
          'UnsupportedPlatform',
        )
      const lacking = lackingOn(node, object)
      if (lacking.length > 0)
        throw because(
          refusal(attributes, `node didn't have enough allocatable resources: ${lacking.join('; ')}`),
          'NodeCapacity',
        )
    },
  }
}

function lackingOn({ status }: Node, pod: Draft): readonly string[] {
  const requests = podRequests(pod as any)
  return (['cpu', 'memory'] as const).flatMap((name) => {
    const asked = requests.get(name) ?? zeroQuantity
    const there = parseQuantity(status?.allocatable?.[name] ?? '0')
    if (compareQuantities(asked, there) <= 0) return []
    const shown = name === 'cpu' ? milliValueOf : wholeValueOf
    return [`${name}, requested: ${shown(asked)}, allocatable: ${shown(there)}`]
  })
}

function because(error: StatusError, reason: string): StatusError {
  const { status } = error
  const causes = [...(status.details?.causes ?? []), { reason }]
  return StatusError.from({ ...status, details: { ...status.details, causes } })
}
