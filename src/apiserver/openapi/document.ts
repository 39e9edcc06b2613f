import { builtInSchema } from '../../resources/index.ts'
import { customDefinitions } from './custom.ts'
import type { Descriptions } from './descriptions.ts'
import type { Operation, Path } from './operations.ts'
import type { Parameter } from './parameters.ts'
import { pathsOf } from './paths.ts'
import { bodyTypeOf, listTypeOf, type Published } from './published.ts'
import { type Form, type JsonSchema, reachableTypes, reference, sortedMembers, typeDefinition } from './schemas.ts'
import { gvWord, rootOf, tagOf } from './words.ts'

/** Part of a description: paths and definitions by name. */
export interface Section {
  readonly paths: Readonly<Record<string, object>>
  readonly definitions: Readonly<Record<string, JsonSchema>>
}
/** Every group and version there is, for the kinds that exist in all of them. */
export type GroupVersions = readonly { readonly group: string; readonly version: string }[]

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const media = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** The paths and definitions of one group version. */
export function sectionOf(
  published: readonly Published[],
  form: Form,
  descriptions: Descriptions,
  everywhere: GroupVersions,
): Section {
  const first = published[0]
  if (first === undefined) return { paths: {}, definitions: {} }
  const { group, version } = first.definition
  const paths = [discoveryPath(group, version), ...published.flatMap(pathsOf)]
  const roots = new Set<string>([
    `${metaV1}Status`,
    `${metaV1}APIResourceList`,
    `${metaV1}ObjectMeta`,
    `${metaV1}ListMeta`,
  ])
  for (const one of published)
    if (one.schema === undefined) for (const type of [bodyTypeOf(one), listTypeOf(one)]) roots.add(type)
  for (const path of paths) {
    for (const { body, responses } of path.operations) {
      for (const type of [body?.type, ...Object.values(responses)]) if (type !== undefined) roots.add(type)
    }
  }
  return {
    paths: sortedMembers(
      Object.fromEntries(paths.map((path) => [path.path, form === 'v2' ? pathItemV2(path) : pathItemV3(path)])),
    ),
    definitions: {
      ...typeDefinitions(roots, form, descriptions, everywhere),
      ...Object.assign(
        {},
        ...published.filter(({ schema }) => schema !== undefined).map((one) => customDefinitions(one, form)),
      ),
    },
  }
}

/** The definitions of these types and all they need. */
export function typeDefinitions(
  roots: Iterable<string>,
  form: Form,
  descriptions: Descriptions,
  everywhere: GroupVersions,
): Readonly<Record<string, JsonSchema>> {
  const wanted = [...roots]
  const definitions = Object.fromEntries(
    reachableTypes(wanted).map((type) => {
      const isAnywhere = type.name === `${metaV1}DeleteOptions` || type.name === `${metaV1}WatchEvent`
      const kinds = isAnywhere
        ? everywhere.map(({ group, version }) => ({ group, kind: type.shortName, version }))
        : type.gvk.map(({ group, version, kind }) => ({ group, kind, version }))
      return [type.name, typeDefinition(type, form, descriptions, kinds)]
    }),
  )
  if (wanted.includes(`${metaV1}Patch`)) definitions[`${metaV1}Patch`] = patchDefinition
  return definitions
}
const patchDefinition: JsonSchema = {
  description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.',
  type: 'object',
}

function discoveryPath(group: string, version: string): Path {
  return {
    path: `${rootOf(group, version)}/`,
    parameters: [],
    operations: [
      documentOperation(
        `get${gvWord(group, version)}APIResources`,
        'get available resources',
        tagOf(group, version),
        'APIResourceList',
      ),
    ],
  }
}
/** Reading a document about the API itself. */
export function documentOperation(id: string, description: string, tag: string, type: string): Operation {
  const responses = { 200: builtInSchema.type(metaV1 + type) === undefined ? 'string' : metaV1 + type }
  return { method: 'get', id, description, tag, parameters: [], consumes: media, produces: media, responses }
}

const answerTexts: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }
const withKind = ({ action, kind }: Operation): object => ({
  ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
  ...(kind === undefined ? {} : { 'x-kubernetes-group-version-kind': kind }),
})

/** A path in the older form. */
export function pathItemV2({ parameters, operations }: Path): object {
  const item: Record<string, unknown> = {}
  for (const one of operations) {
    const body =
      one.body === undefined
        ? []
        : [
            {
              in: 'body',
              name: 'body',
              ...(one.body.required ? { required: true } : {}),
              schema: reference(one.body.type, 'v2'),
            },
          ]
    const own = [...body, ...one.parameters.map(parameterV2)]
    item[one.method] = {
      consumes: one.consumes,
      description: one.description,
      operationId: one.id,
      ...(own.length === 0 ? {} : { parameters: own }),
      produces: one.produces,
      responses: {
        ...Object.fromEntries(
          Object.entries(one.responses).map(([code, type]) => [
            code,
            {
              description: answerTexts[code] ?? 'OK',
              schema: type === 'string' ? { type: 'string' } : reference(type, 'v2'),
            },
          ]),
        ),
        401: { description: 'Unauthorized' },
      },
      schemes: ['https'],
      tags: [one.tag],
      ...withKind(one),
    }
  }
  if (parameters.length > 0) item['parameters'] = parameters.map(parameterV2)
  return item
}
function parameterV2({ name, in: place, type, description }: Parameter): object {
  return {
    ...(description === undefined ? {} : { description }),
    in: place,
    name,
    ...(place === 'path' ? { required: true } : {}),
    type,
    uniqueItems: true,
  }
}

/** A path in the newer form. */
export function pathItemV3({ parameters, operations }: Path): object {
  const item: Record<string, unknown> = {}
  for (const one of operations) {
    const contentOf = (types: readonly string[], type: string) => {
      const schema = type === 'string' ? { type: 'string' } : reference(type, 'v3')
      return Object.fromEntries(types.map((media) => [media, { schema }]))
    }
    item[one.method] = {
      description: one.description,
      operationId: one.id,
      ...(one.parameters.length === 0 ? {} : { parameters: one.parameters.map(parameterV3) }),
      ...(one.body === undefined
        ? {}
        : {
            requestBody: {
              content: contentOf(one.consumes, one.body.type),
              ...(one.body.required ? { required: true } : {}),
            },
          }),
      responses: {
        ...Object.fromEntries(
          Object.entries(one.responses).map(([code, type]) => [
            code,
            { content: contentOf(one.produces, type), description: answerTexts[code] ?? 'OK' },
          ]),
        ),
        401: { description: 'Unauthorized' },
      },
      tags: [one.tag],
      ...withKind(one),
    }
  }
  if (parameters.length > 0) item['parameters'] = parameters.map(parameterV3)
  return item
}
function parameterV3({ name, in: place, type, description }: Parameter): object {
  return {
    ...(description === undefined ? {} : { description }),
    in: place,
    name,
    ...(place === 'path' ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  }
}
