import { customTypeName, type GroupVersionKind, type Published } from './published.ts'
import { type Form, type JsonSchema, reference, sortedMembers, typeMetaProperties } from './schemas.ts'

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const metadataText =
  "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
const listText =
  'Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds'
const preserveUnknown = 'x-kubernetes-preserve-unknown-fields'

/** The definitions of a custom resource: its objects and their lists. */
export function customDefinitions(
  { definition, schema = {} }: Published,
  form: Form,
): Readonly<Record<string, JsonSchema>> {
  const { group, version, kind, listKind } = definition
  const list: GroupVersionKind = { group, kind: listKind, version }
  const name = customTypeName(definition)
  return {
    [name]: { ...objectDefinition(schema, form), 'x-kubernetes-group-version-kind': [{ group, kind, version }] },
    [customTypeName(list)]: {
      description: `${listKind} is a list of ${kind}`,
      properties: {
        ...typeMetaProperties,
        items: {
          description: `List of ${definition.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
          items: reference(name, form),
          type: 'array',
        },
        metadata: described(`${metaV1}ListMeta`, listText, form),
      },
      required: ['items'],
      type: 'object',
      'x-kubernetes-group-version-kind': [list],
    },
  }
}

function described(type: string, description: string, form: Form): JsonSchema {
  const to = reference(type, form)
  return form === 'v2' ? { description, ...to } : { allOf: [to], description }
}

function objectDefinition(schema: JsonSchema, form: Form): JsonSchema {
  // Kubernetes: an object that keeps whatever it is given is published as an object and nothing more.
  if (form === 'v2' && schema[preserveUnknown] === true) return { type: 'object' }
  const shown = form === 'v2' ? olderForm(schema) : schema
  return {
    ...shown,
    properties: sortedMembers({
      ...shown['properties'],
      ...typeMetaProperties,
      metadata: described(`${metaV1}ObjectMeta`, metadataText, form),
    }),
    type: 'object',
  }
}

/** A schema without what the older form cannot say. Kubernetes: rather too little than a client that refuses good objects. */
export function olderForm(schema: JsonSchema): JsonSchema {
  const { allOf: _all, anyOf: _any, oneOf: _one, not: _not, nullable, ...kept } = schema
  const shown: Record<string, any> = { ...kept }
  if (nullable === true) {
    delete shown['type']
    delete shown['items']
    delete shown['properties']
  }
  if (shown['x-kubernetes-int-or-string'] === true) delete shown['type']
  if (shown[preserveUnknown] === true) {
    delete shown['items']
    delete shown['properties']
  }
  if (shown['type'] === 'array' && shown['items'] === undefined) delete shown['type']
  const { properties, items, additionalProperties } = shown
  if (properties !== undefined) {
    shown['properties'] = Object.fromEntries(
      Object.entries<JsonSchema>(properties).map(([name, member]) => [name, olderForm(member)]),
    )
  }
  if (typeof items === 'object') shown['items'] = olderForm(items)
  if (typeof additionalProperties === 'object') shown['additionalProperties'] = olderForm(additionalProperties)
  return shown
}
