import { createHash } from 'node:crypto'
import { type FieldError, type KubeObject, sameJson } from '../../machinery/index.ts'
import {
  type CustomResourceDefinition,
  type Draft,
  finalizerWarnings,
  type ResourceDefinition,
  type SubresourceDefinition,
  textAt,
} from '../../resources/index.ts'
import { columnsOf } from './cells.ts'
import { type Converter, customSchema, declarationOf, schemaOf } from './declaration.ts'
import { type ObjectChecks, objectChecks, type RuleChecks } from './object-checks.ts'
import { compareVersions } from './versions.ts'

/** What making a kind needs from outside. */
export interface KindParts {
  /** How a declaration's objects are converted by a webhook. */
  readonly converterOf: (crd: CustomResourceDefinition) => Converter
  /** The rules (x-kubernetes-validations) of a version's schema, compiled; undefined where it has none. */
  readonly rulesOf: (schema: object) => RuleChecks | undefined
}

type Version = CustomResourceDefinition['spec']['versions'][number]

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const verbsWhileTerminating = ['delete', 'deletecollection', 'get', 'list', 'watch']
const subresourceVerbs = ['get', 'patch', 'update']

/** The definitions of a declaration's served versions, the best version first; with names as they were accepted. */
export function definitionsOf(crd: CustomResourceDefinition, parts: KindParts): readonly ResourceDefinition<any>[] {
  const isWebhook = crd.spec.conversion?.strategy === 'Webhook'
  const declaration = declarationOf(crd, isWebhook ? parts.converterOf(crd) : undefined)
  const served = crd.spec.versions.filter(({ served: isServed }) => isServed)
  return [...served]
    .sort((a, b) => compareVersions(a.name, b.name))
    .map((version) => definitionOf(crd, version, declaration, parts))
}

function definitionOf(
  crd: CustomResourceDefinition,
  version: Version,
  declaration: ReturnType<typeof declarationOf>,
  parts: KindParts,
): ResourceDefinition<any> {
  const { group, scope, preserveUnknownFields } = crd.spec
  const accepted = crd.status?.acceptedNames ?? crd.spec.names
  const names = (accepted.plural ?? '') === '' ? crd.spec.names : accepted
  const { plural, kind, singular = kind.toLowerCase(), listKind = `${kind}List` } = names
  const schema = schemaOf(version)
  const scale = version.subresources?.scale
  const hasStatus = version.subresources?.status !== undefined
  const stored = crd.spec.versions.find(({ storage }) => storage)?.name ?? version.name
  const selectable = (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, ''))
  const rules = parts.rulesOf(schema)
  const checks = objectChecks({
    namespaced: scope === 'Namespaced',
    schema,
    rules,
    ...(scale === undefined ? {} : { scale }),
  })
  return {
    group,
    version: version.name,
    kind,
    listKind,
    plural,
    singular,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    scope: scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
    verbs: declaration.terminating ? verbsWhileTerminating : verbs,
    servedByDefault: true,
    stored: true,
    type: `${group.split('.').reverse().join('.')}.${version.name}.${kind}`,
    schema: customSchema(schema, preserveUnknownFields === true),
    custom: { declaration, openApi: schema, ...(scale === undefined ? {} : { scale }) },
    ...deprecationOf(crd, version),
    storage: { group, version: stored, prefix: `${group}/${crd.spec.names.plural}`, hash: hashOf(group, stored, kind) },
    subresources: subresourcesOf(hasStatus, scale !== undefined),
    ...columnsOf(version.additionalPrinterColumns),
    fieldLabels: ['metadata.name', ...(scope === 'Namespaced' ? ['metadata.namespace'] : []), ...selectable],
    field: (object: KubeObject, label: string) => textAt(object, label),
    ...strategyOf(hasStatus, checks),
    warnings: (object: KubeObject, previous: KubeObject | undefined) => [
      ...finalizerWarnings(object, previous),
      ...(rules?.warnings(object, previous) ?? []),
    ],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    graceful: false,
    statusKeeps: ['labels', 'annotations', 'finalizers', 'ownerReferences'],
  }
}

function hashOf(group: string, version: string, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function subresourcesOf(hasStatus: boolean, hasScale: boolean): readonly SubresourceDefinition[] {
  return [
    ...(hasStatus ? [{ name: 'status', verbs: subresourceVerbs }] : []),
    ...(hasScale
      ? [{ name: 'scale', verbs: subresourceVerbs, kind: 'Scale', group: 'autoscaling', version: 'v1' }]
      : []),
  ]
}

/** Kubernetes: the warning names the best version that is served, better than this one and not deprecated itself. */
function deprecationOf({ spec }: CustomResourceDefinition, version: Version): { readonly deprecation?: string } {
  if (version.deprecated !== true) return {}
  if (version.deprecationWarning !== undefined) return { deprecation: version.deprecationWarning }
  const { group, names, versions } = spec
  const better = versions
    .filter(({ name, served, deprecated }) => served && deprecated !== true && compareVersions(name, version.name) < 0)
    .map(({ name }) => name)
    .sort(compareVersions)[0]
  const instead = better === undefined ? '' : `; use ${group}/${better} ${names.kind}`
  return { deprecation: `${group}/${version.name} ${names.kind} is deprecated${instead}` }
}

type Strategy = Pick<
  ResourceDefinition<any>,
  | 'prepareForCreate'
  | 'prepareForUpdate'
  | 'prepareForStatusUpdate'
  | 'validate'
  | 'validateUpdate'
  | 'validateStatusUpdate'
>

function strategyOf(hasStatus: boolean, checks: ObjectChecks): Strategy {
  return {
    prepareForCreate(draft) {
      if (hasStatus) delete draft.status
      draft.metadata.generation = 1
    },
    prepareForUpdate(draft, previous) {
      if (hasStatus) keep(draft, previous, 'status')
      const generation = previous.metadata.generation ?? 1
      draft.metadata.generation = sameOutsideMetadata(draft, previous) ? generation : generation + 1
    },
    prepareForStatusUpdate(draft, previous) {
      // Kubernetes: of a custom resource, a status write changes the status and nothing else, labels included.
      for (const key of Object.keys({ ...previous, ...draft })) if (key !== 'status') keep(draft, previous, key)
      const managedFields = draft.metadata.managedFields
      draft.metadata = { ...previous.metadata }
      if (managedFields !== undefined) draft.metadata.managedFields = managedFields
    },
    validate: (object): readonly FieldError[] => checks.create(object),
    validateUpdate: (object, previous) => checks.update(object, previous),
    validateStatusUpdate: (object, previous) => checks.status(object, previous),
  }
}

function keep(draft: Draft, previous: object, key: string): void {
  if (key === 'metadata') return
  const value = (previous as Record<string, unknown>)[key]
  if (value === undefined) delete draft[key]
  else draft[key] = value
}

function sameOutsideMetadata(draft: Draft, previous: object): boolean {
  return Object.keys({ ...previous, ...draft }).every(
    (key) => key === 'metadata' || sameJson(draft[key] ?? null, (previous as Record<string, unknown>)[key] ?? null),
  )
}
