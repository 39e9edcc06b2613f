import type { KubeObject } from '../../machinery/index.ts'
import { addQuantities, parseQuantity, type Quantity, quantityText, zeroQuantity } from '../../machinery/index.ts'
import type { Cell, ColumnDefinition, ResourceDefinition, Scope } from '../definition.ts'
import type { GroupFacts } from '../facts.ts'
import type { NodeMetrics, PodMetrics } from '../generated/types.ts'
import { tableSchema } from '../object-schema.ts'
import { textAt } from '../strategy.ts'

const group = 'metrics.k8s.io'
const version = 'v1beta1'

/** Where what is measured stands among the groups. Kubernetes: metrics-server asks for this place. */
export const metricsGroup: GroupFacts = {
  group,
  priority: 100,
  preferredVersion: version,
  servedByDefault: true,
  versions: [{ version, priority: 100, servedByDefault: true }],
}

/** Kubernetes: the columns of metrics-server, which has no age to show. */
const columns: readonly ColumnDefinition[] = [
  { name: 'Name', type: 'string', format: 'name', priority: 0, description: 'Name of the resource' },
  { name: 'cpu', type: 'string', format: 'quantity', priority: 0 },
  { name: 'memory', type: 'string', format: 'quantity', priority: 0 },
  { name: 'Window', type: 'string', format: 'duration', priority: 0 },
]

type Usage = Readonly<Record<string, string>>

/** What nodes use. It is measured when asked for, and nowhere kept. */
export const nodeMetrics = measured<NodeMetrics>({ kind: 'NodeMetrics', plural: 'nodes', scope: 'Cluster' }, (one) => [
  one.usage,
])
/** What the containers of pods use. It is measured when asked for, and nowhere kept. */
export const podMetrics = measured<PodMetrics>({ kind: 'PodMetrics', plural: 'pods', scope: 'Namespaced' }, (one) =>
  one.containers.map(({ usage }) => usage),
)

function measured<T extends KubeObject & { readonly window: string }>(
  { kind, plural, scope }: { readonly kind: T['kind']; readonly plural: string; readonly scope: Scope },
  usagesOf: (object: T) => readonly Usage[],
): ResourceDefinition<T> {
  const type = `io.k8s.metrics.pkg.apis.metrics.v1beta1.${kind}`
  const readOnly = () => {
    throw new Error(`${plural}.${group} cannot be written`)
  }
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural,
    singular: '',
    shortNames: [],
    categories: [],
    scope,
    verbs: ['get', 'list'],
    servedByDefault: true,
    stored: false,
    type,
    schema: tableSchema(type),
    storage: { group, version, prefix: `${group}/${plural}`, hash: '' },
    subresources: [],
    columns,
    fieldLabels: scope === 'Namespaced' ? ['metadata.name', 'metadata.namespace'] : ['metadata.name'],
    field: (object, label) => textAt(object, label),
    cells: (object): readonly Cell[] => {
      const usages = usagesOf(object)
      return [object.metadata.name, sumText(usages, 'cpu'), sumText(usages, 'memory'), object.window]
    },
    prepareForCreate: readOnly,
    prepareForUpdate: readOnly,
    prepareForStatusUpdate: readOnly,
    validate: () => [],
    validateUpdate: () => [],
    validateStatusUpdate: () => [],
    warnings: () => [],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    graceful: false,
  }
}

function sumText(usages: readonly Usage[], resource: string): string {
  const amounts = usages.map((usage) => parseQuantity(usage[resource] ?? '0'))
  return quantityText(amounts.reduce<Quantity>(addQuantities, zeroQuantity))
}
