import { forbidden } from '../../../machinery/index.ts'
import type { Draft } from '../../../resources/index.ts'
import { isExtendedResource } from '../../../resources/index.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

const pods = ['/pods']
const refusal = ({ name }: Attributes, why: string) => forbidden({ group: '', resource: 'pods' }, name, why)
/** Whether a pod itself is created or changed. */
export const isOfPod = ({ operation, subresource }: Attributes) =>
  subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')

const hostname = 'kubernetes.io/hostname'

/** LimitPodHardAntiAffinityTopology: pods may keep others away from their node, and from nothing larger. */
export function limitPodHardAntiAffinityTopology(): AdmissionPlugin {
  return {
    name: 'LimitPodHardAntiAffinityTopology',
    resources: pods,
    async validate(attributes) {
      if (!isOfPod(attributes)) return
      const terms: readonly { readonly topologyKey?: string }[] =
        attributes.object.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
      const wide = terms.find(({ topologyKey }) => topologyKey !== hostname)
      if (wide === undefined) return
      const why = `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${wide.topologyKey ?? ''} but only key ${hostname} is allowed`
      throw refusal(attributes, why)
    },
  }
}

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const
function* containersOf(pod: Draft | undefined): Generator<{ readonly at: string; readonly container: Draft }> {
  for (const list of lists)
    for (const [index, container] of (pod?.['spec']?.[list] ?? []).entries())
      yield { at: `spec.${list}[${index}]`, container }
}

/** AlwaysPullImages: whoever runs an image has shown the registry that they may. */
export function alwaysPullImages(): AdmissionPlugin {
  const isConcerned = (attributes: Attributes) => {
    if (!isOfPod(attributes)) return false
    if (attributes.operation !== 'UPDATE') return true
    const before = new Set([...containersOf(attributes.previous as Draft)].map(({ container }) => container.image))
    return [...containersOf(attributes.object)].some(({ container }) => !before.has(container.image))
  }
  const volumesOf = (pod: Draft): readonly Draft[] => pod.spec?.volumes ?? []
  const unsupported = (at: string, value: unknown) =>
    `${at}: Unsupported value: ${JSON.stringify(value ?? '')}: supported values: "Always"`
  return {
    name: 'AlwaysPullImages',
    resources: pods,
    async admit(attributes) {
      if (!isConcerned(attributes)) return
      for (const { container } of containersOf(attributes.object)) container.imagePullPolicy = 'Always'
      for (const { image } of volumesOf(attributes.object)) if (image !== undefined) image.pullPolicy = 'Always'
    },
    async validate(attributes) {
      if (!isConcerned(attributes)) return
      for (const { at, container } of containersOf(attributes.object))
        if (container.imagePullPolicy !== 'Always')
          throw refusal(attributes, unsupported(`${at}.imagePullPolicy`, container.imagePullPolicy))
      for (const [index, { image }] of volumesOf(attributes.object).entries())
        if (image !== undefined && image.pullPolicy !== 'Always')
          throw refusal(attributes, unsupported(`spec.volumes[${index}].image.pullPolicy`, image.pullPolicy))
    },
  }
}

/** ExtendedResourceToleration: pods that ask for a device tolerate the taint of the nodes that are kept for it. */
export function extendedResourceToleration(): AdmissionPlugin {
  return {
    name: 'ExtendedResourceToleration',
    resources: pods,
    async admit(attributes) {
      if (!isOfPod(attributes)) return
      const { spec } = attributes.object
      const containers: readonly Draft[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
      const asked = new Set(containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {})))
      for (const key of [...asked].filter(isExtendedResource).sort()) {
        const known: readonly Draft[] = spec.tolerations ?? []
        const isThere = ({ key: other, operator, effect, value = '', tolerationSeconds }: Draft) =>
          other === key &&
          operator === 'Exists' &&
          effect === 'NoSchedule' &&
          value === '' &&
          tolerationSeconds === undefined
        // Kubernetes: one of the same key, operator and effect is replaced.
        if (!known.some(isThere)) spec.tolerations = [...known, { key, operator: 'Exists', effect: 'NoSchedule' }]
      }
    },
  }
}
