import { type Node, nodes } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin } from '../admission.ts'

const copied = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

/** PodTopologyLabels: where its node stands, a pod says as well, so that its containers can read it. */
export function podTopologyLabels({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    standsBy: ({ object, subresource }) => (subresource === '' && !object.spec?.nodeName ? { kinds: [] } : undefined),
    resources: ['/pods'],
    concerns: (operation, subresource) => operation === 'CREATE' && (subresource === '' || subresource === 'binding'),
    admit({ operation, definition, subresource, object }) {
      if (operation !== 'CREATE' || definition.group !== '' || definition.plural !== 'pods') return
      let node: string | undefined
      if (subresource === '') node = object.spec?.nodeName
      else if (subresource === 'binding' && object.target?.kind === 'Node') node = object.target.name
      if (node === undefined || node === '') return
      const found = registry().current<Node>(nodes, undefined, node)
      const labels = found?.metadata.labels
      const known = labels === undefined ? [] : copied.filter((key) => labels[key] !== undefined)
      if (known.length === 0) return
      // The metadata of a binding may be its caller's own.
      object.metadata = {
        ...object.metadata,
        labels: { ...object.metadata.labels, ...Object.fromEntries(known.map((key) => [key, labels![key]])) },
      }
    },
  }
}
