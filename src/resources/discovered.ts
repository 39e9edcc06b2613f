import type { ResourceDefinition, Scope } from './definition.ts'
import { textAt } from './strategy.ts'

/** What discovery tells of a kind. */
export interface DiscoveredNames {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly scope: Scope
  readonly verbs: readonly string[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
}

/** A definition by which a client can work with a kind it knows nothing of but what discovery tells. */
export function discoveredResource(names: DiscoveredNames): ResourceDefinition<any> {
  const { group, version, plural, kind, scope } = names
  const onlyServers = () => {
    throw new Error(`${plural}.${group} is known from discovery alone: only its server can do that`)
  }
  return {
    ...names,
    listKind: `${kind}List`,
    servedByDefault: true,
    stored: true,
    type: '',
    schema: { decode: onlyServers, applyDefaults: onlyServers, zero: onlyServers, shape: onlyServers },
    storage: { group, version, prefix: `${group}/${plural}`, hash: '' },
    subresources: [],
    columns: [],
    fieldLabels: scope === 'Namespaced' ? ['metadata.name', 'metadata.namespace'] : ['metadata.name'],
    field: (object, label) => textAt(object, label),
    cells: onlyServers,
    prepareForCreate: onlyServers,
    prepareForUpdate: onlyServers,
    prepareForStatusUpdate: onlyServers,
    validate: onlyServers,
    validateUpdate: onlyServers,
    validateStatusUpdate: onlyServers,
    warnings: () => [],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    graceful: false,
  }
}
