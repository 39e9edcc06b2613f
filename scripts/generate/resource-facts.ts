import type { Input, InputResource } from './input.ts'
import { pluralName } from './names.ts'

const columns = (...all: readonly (readonly [name: string, type: string, format: string])[]) =>
  all.map(([name, type, format]) => ({ name, type, format, priority: 0 }))
const nameColumn = ['Name', 'string', 'name'] as const
/** Columns that the input has from an earlier release. */
const correctedColumns: Readonly<Record<string, readonly object[]>> = {
  serviceaccounts: columns(nameColumn, ['Age', 'string', '']),
  csistoragecapacities: columns(nameColumn, ['Created At', 'date', '']),
}

/** `pods.v1`, `deployments.v1.apps`: how a resource is named in the tables. */
export const factsKey = (of: { plural: string; version: string; group: string }): string =>
  [of.plural, of.version, of.group].filter((part) => part !== '').join('.')

const header = '// Written by scripts/generate-resources.ts; do not edit.\n'

/** The text of resource-facts.ts: one record per resource, then the groups in discovery order. */
export function factsModule(input: Input): string {
  const records = input.resources.map(
    (resource) => `  ${JSON.stringify(factsKey(resource))}: ${factsOf(input, resource)},`,
  )
  const keys = input.resources.map((resource) => `  | '${factsKey(resource)}'`)
  const groups = input.groups.map((group) => {
    const versions = group.versions.map((one) => ({
      version: one.version,
      priority: one.versionPriority ?? 1,
      servedByDefault: one.servedByDefault,
    }))
    return `  ${JSON.stringify({
      group: group.group,
      priority: group.groupPriorityMinimum,
      preferredVersion: group.preferredVersionDefault ?? versions[0]?.version ?? 'v1',
      servedByDefault: group.servedByDefault,
      versions,
    })},`
  })
  return `${header}import type { GroupFacts, ResourceFacts } from '../facts.ts'

/** How the tables name a resource: plural, version and group, as in deployments.v1.apps. */
export type FactsKey =
${keys.join('\n')}

/** What is known of each resource without its behaviour, by plural, version and group. */
export const resourceFacts: Readonly<Record<FactsKey, ResourceFacts>> = {
${records.join('\n')}
}

/** The API groups in the order discovery lists them. */
export const groupFacts: readonly GroupFacts[] = [
${groups.join('\n')}
]
`
}

function factsOf(input: Input, resource: InputResource): string {
  const selectors = input.fieldSelectors.find(
    (one) => one.group === resource.group && one.version === resource.version && one.resource === resource.plural,
  )
  const type = input.types[resource.type]!
  const structs = type.fields.filter((field) => field.name === 'spec' || field.name === 'status')
  const isValue = (name: string) => structs.some((field) => field.name === name && field.pointer !== true)
  const aliases: Record<string, string> = { ...selectors?.aliases, ...selectors?.valueFrom }
  // Kubernetes: an event without a source component is found by its reporting component.
  if (selectors?.fields.includes('source')) aliases['source'] = 'source.component|reportingComponent'
  const preferred = resource.storageVersionPreferred
  return JSON.stringify({
    group: resource.group,
    version: resource.version,
    kind: resource.kind,
    listKind: resource.listKind ?? `${resource.kind}List`,
    plural: resource.plural,
    singular: resource.singular,
    shortNames: resource.shortNames,
    categories: resource.categories,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    verbs: resource.verbs,
    servedByDefault: resource.servedByDefault,
    stored: resource.stored !== false,
    type: resource.type,
    storage: {
      group: preferred?.group ?? resource.group,
      version: preferred?.version ?? resource.version,
      prefix: resource.etcdPrefix ?? resource.plural,
      hash: resource.storageVersionHash ?? '',
    },
    subresources: resource.subresources,
    columns: correctedColumns[resource.plural] ?? resource.tableColumns,
    fieldLabels: selectors?.fields ?? ['metadata.name', ...(resource.namespaced ? ['metadata.namespace'] : [])],
    ...(Object.keys(aliases).length === 0 ? {} : { fieldAliases: aliases }),
    hasSpec: structs.some((field) => field.name === 'spec'),
    hasStatus: structs.some((field) => field.name === 'status'),
    statusIsValue: isValue('status'),
  })
}

/** The folder that holds a group's definitions. */
export const folderOf = (group: string): string => {
  if (group === '') return 'core'
  if (group === 'internal.apiserver.k8s.io') return 'apiserverinternal'
  return group.split('.')[0]!
}

/** The first form of each group's definitions.ts, by folder; written only where none exists. */
export function definitionModules(input: Input, names: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const byFolder = new Map<string, InputResource[]>()
  for (const resource of input.resources) {
    const folder = folderOf(resource.group)
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), resource])
  }
  const modules = new Map<string, string>()
  for (const [folder, resources] of byFolder) {
    const types = resources.map((resource) => names.get(resource.type)!)
    const constants = resources.map((one) => pluralName(names.get(one.type)!, one.kind, one.plural))
    const lines = resources.map(
      (resource, index) =>
        `export const ${constants[index]} = defineResource<${types[index]}>('${factsKey(resource)}')`,
    )
    modules.set(
      folder,
      `import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { ${[...new Set(types)].sort().join(', ')} } from '../generated/types.ts'

${lines.join('\n')}

/** Every resource of this group, in the order discovery would list them. */
export const ${folder}Resources: readonly ResourceDefinition<any>[] = [${constants.join(', ')}]
`,
    )
  }
  return modules
}
