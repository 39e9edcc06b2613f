import type { ResourceDefinition, SubresourceDefinition } from '../../resources/index.ts'
import { builtInSchema } from '../../resources/index.ts'
import { type Parameter, parameters, queryOf } from './parameters.ts'
import { bodyTypeOf, type GroupVersionKind, listTypeOf, type Published } from './published.ts'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'

/** One thing that may be asked of a path. */
export interface Operation {
  readonly method: Method
  /** What `x-kubernetes-action` names; absent for documents about the API itself. */
  readonly action?: string
  readonly id: string
  readonly description: string
  readonly tag: string
  readonly kind?: GroupVersionKind
  readonly parameters: readonly Parameter[]
  /** The type of the body, and whether there must be one. */
  readonly body?: { readonly type: string; readonly required: boolean }
  readonly consumes: readonly string[]
  readonly produces: readonly string[]
  /** The type of each answer; `string` for plain text. */
  readonly responses: Readonly<Record<string, string>>
}
/** A path, its own parameters and what may be asked of it. */
export interface Path {
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly operations: readonly Operation[]
}

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const statusType = `${metaV1}Status`
const anyMedia = ['*/*']
const media = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const customMedia = ['application/json', 'application/yaml']
const streams = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const patchMedia = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
const strategicMedia = 'application/strategic-merge-patch+json'

/** Kubernetes: kinds whose delete answers with the object that went. */
const answersDeleted = new Set([
  'pods',
  'podtemplates',
  'persistentvolumeclaims',
  'persistentvolumes',
  'resourcequotas',
  'serviceaccounts',
  'services',
  'storageclasses',
  'volumeattachments',
  'csidrivers',
  'csinodes',
])

/** `rbac.authorization.k8s.io` → `rbacAuthorization`, the empty group → `core`. */
export function groupWord(group: string): string {
  if (group === '') return 'core'
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split(/[.-]/)
  return first + rest.map(capital).join('')
}
const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)
/** `rbacAuthorization_v1`: the tag of a group version's operations. */
export const tagOf = (group: string, version: string): string => `${groupWord(group)}_${version}`
/** `RbacAuthorizationV1`: how operation names call a group version. */
export const gvWord = (group: string, version: string): string => capital(groupWord(group)) + capital(version)
/** `/api/v1` or `/apis/GROUP/VERSION`. */
export const rootOf = (group: string, version: string): string =>
  group === '' ? `/api/${version}` : `/apis/${group}/${version}`

interface Naming {
  readonly published: Published
  readonly definition: ResourceDefinition<any>
  readonly isNamespaced: boolean
  readonly word: string
  readonly scopeWord: string
  readonly collection: string
  readonly item: string
  readonly media: readonly string[]
}

/** Every path of one resource, and what may be asked of each. */
export function pathsOf(published: Published): readonly Path[] {
  const { definition } = published
  const isNamespaced = definition.scope === 'Namespaced'
  const root = rootOf(definition.group, definition.version)
  const collection = `${root}/${isNamespaced ? 'namespaces/{namespace}/' : ''}${definition.plural}`
  const naming: Naming = {
    published,
    definition,
    isNamespaced,
    word: gvWord(definition.group, definition.version),
    scopeWord: isNamespaced ? 'Namespaced' : '',
    collection,
    item: `${collection}/{name}`,
    media: published.schema === undefined ? media : customMedia,
  }
  const scope = isNamespaced ? [parameters.namespace] : []
  const paths: Path[] = [
    { path: collection, parameters: [...scope, parameters.pretty], operations: collectionOperations(naming) },
    {
      path: naming.item,
      parameters: [parameters.name(definition.kind), ...scope, parameters.pretty],
      operations: itemOperations(naming),
    },
    ...definition.subresources.flatMap((one) => subresourcePaths(naming, one, scope)),
  ]
  const verbs = new Set(definition.verbs)
  if (isNamespaced && verbs.has('list')) paths.push(everywherePath(naming, root))
  if (verbs.has('watch')) paths.push(...watchPaths(naming, root, scope))
  return paths.filter(({ operations }) => operations.length > 0)
}

type OperationParts = Pick<Operation, 'method' | 'action' | 'id' | 'description'> & Partial<Operation>
function operation({ definition, media: produced }: Naming, parts: OperationParts): Operation {
  const { group, version, kind } = definition
  return {
    tag: tagOf(group, version),
    kind: { group, kind, version },
    parameters: [],
    consumes: anyMedia,
    produces: produced,
    responses: {},
    ...parts,
  }
}

function collectionOperations(naming: Naming): readonly Operation[] {
  const { definition, published, word, scopeWord } = naming
  const { kind } = definition
  const type = bodyTypeOf(published)
  const made: Operation[] = []
  for (const verb of definition.verbs) {
    if (verb === 'list') {
      made.push(
        operation(naming, {
          method: 'get',
          action: 'list',
          id: `list${word}${scopeWord}${kind}`,
          description: `list or watch objects of kind ${kind}`,
          parameters: parameters.list,
          produces: [...naming.media, ...streams],
          responses: { 200: listTypeOf(published) },
        }),
      )
    } else if (verb === 'create') {
      const article = /^[AEIOU]/.test(kind) ? 'an' : 'a'
      made.push(
        operation(naming, {
          method: 'post',
          action: 'post',
          id: `create${word}${scopeWord}${kind}`,
          description: `create ${article} ${kind}`,
          parameters: parameters.write,
          body: { type, required: true },
          responses: { 200: type, 201: type, 202: type },
        }),
      )
    } else if (verb === 'deletecollection') {
      made.push(
        operation(naming, {
          method: 'delete',
          action: 'deletecollection',
          id: `delete${word}Collection${scopeWord}${kind}`,
          description: `delete collection of ${kind}`,
          parameters: [
            ...parameters.delete,
            ...parameters.list.filter(({ name }) => name !== 'watch' && name !== 'allowWatchBookmarks'),
          ],
          body: { type: `${metaV1}DeleteOptions`, required: false },
          responses: { 200: statusType },
        }),
      )
    }
  }
  return made
}

function itemOperations(naming: Naming): readonly Operation[] {
  const { definition, published, word, scopeWord } = naming
  return definition.verbs.flatMap((verb) => {
    const one = objectOperation(
      naming,
      verb,
      `${word}${scopeWord}${definition.kind}`,
      definition.kind,
      bodyTypeOf(published),
    )
    return one === undefined ? [] : [one]
  })
}

/** Reading, replacing, patching or deleting one object, or a part of it. */
function objectOperation(
  naming: Naming,
  verb: string,
  idTail: string,
  what: string,
  type: string,
): Operation | undefined {
  const strategic = naming.published.schema === undefined ? [strategicMedia] : []
  switch (verb) {
    case 'get':
      return operation(naming, {
        method: 'get',
        action: 'get',
        id: `read${idTail}`,
        description: `read the specified ${what}`,
        responses: { 200: type },
      })
    case 'update':
      return operation(naming, {
        method: 'put',
        action: 'put',
        id: `replace${idTail}`,
        description: `replace the specified ${what}`,
        parameters: parameters.write,
        body: { type, required: true },
        responses: { 200: type, 201: type },
      })
    case 'patch':
      return operation(naming, {
        method: 'patch',
        action: 'patch',
        id: `patch${idTail}`,
        description: `partially update the specified ${what}`,
        parameters: [...parameters.write, parameters.force],
        body: { type: `${metaV1}Patch`, required: true },
        consumes: [...patchMedia.slice(0, 2), ...strategic, ...patchMedia.slice(2)],
        responses: { 200: type, 201: type },
      })
    case 'delete': {
      const answer = answersDeleted.has(naming.definition.plural) ? type : statusType
      return operation(naming, {
        method: 'delete',
        action: 'delete',
        id: `delete${idTail}`,
        description: `delete ${/^[AEIOU]/.test(what) ? 'an' : 'a'} ${what}`,
        parameters: parameters.delete,
        body: { type: `${metaV1}DeleteOptions`, required: false },
        responses: { 200: answer, 202: answer },
      })
    }
    default:
      return undefined
  }
}

function subresourcePaths(naming: Naming, sub: SubresourceDefinition, scope: readonly Parameter[]): readonly Path[] {
  const { definition, published, word, scopeWord } = naming
  const kind: GroupVersionKind = {
    group: sub.group ?? definition.group,
    kind: sub.kind ?? definition.kind,
    version: sub.version ?? definition.version,
  }
  const type =
    sub.kind === undefined ? bodyTypeOf(published) : (builtInSchema.typeOfKind(kind)?.name ?? bodyTypeOf(published))
  const tail = `${word}${scopeWord}${definition.kind}${capital(sub.name)}`
  const own = [parameters.name(kind.kind), ...scope]
  const path = `${naming.item}/${sub.name}`
  if (sub.connect === true) return connectPaths(naming, sub, kind, type, path, own)
  const operations = sub.verbs.flatMap((verb): Operation[] => {
    if (verb === 'create') {
      return [
        operation(naming, {
          method: 'post',
          action: 'post',
          id: `create${tail}`,
          description: `create ${sub.name} of a ${definition.kind}`,
          parameters: parameters.write,
          body: { type, required: true },
          responses: { 200: type, 201: type, 202: type },
        }),
      ]
    }
    const one = objectOperation(
      naming,
      verb,
      tail,
      `${sub.name} of the specified ${definition.kind}`.replace('the specified ', ''),
      type,
    )
    return one === undefined
      ? []
      : [
          {
            ...one,
            description: one.description.replace(
              / the specified .*$/,
              ` ${sub.name} of the specified ${definition.kind}`,
            ),
          },
        ]
  })
  const shown = operations.map((one) => (sub.name === 'log' ? logOperation(one) : { ...one, kind }))
  return [{ path, parameters: [...own, parameters.pretty], operations: shown }]
}
const logOperation = (read: Operation): Operation => ({
  ...read,
  parameters: queryOf('io.k8s.api.core.v1.PodLogOptions'),
  produces: ['text/plain', ...media],
  responses: { 200: 'string' },
})

const connectMethods: Readonly<Record<string, Method>> = {
  get: 'get',
  create: 'post',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
}
/** Streams and proxies: each HTTP method is the same connection. */
function connectPaths(
  naming: Naming,
  sub: SubresourceDefinition,
  kind: GroupVersionKind,
  options: string,
  path: string,
  own: readonly Parameter[],
): readonly Path[] {
  const { definition, word, scopeWord } = naming
  const methods = [
    ...sub.verbs.map((verb) => connectMethods[verb]!),
    ...(sub.methodsAlso ?? []).map((one) => one.toLowerCase() as Method),
  ]
  const operationsAt = (suffix: string) =>
    methods.map((method) =>
      operation(naming, {
        method,
        action: 'connect',
        id: `connect${word}${capital(method)}${scopeWord}${definition.kind}${capital(sub.name)}${suffix}`,
        description: `connect ${method.toUpperCase()} requests to ${sub.name} of ${definition.kind}`,
        kind,
        produces: anyMedia,
        responses: { 200: 'string' },
      }),
    )
  const paths: Path[] = [{ path, parameters: [...own, ...queryOf(options)], operations: operationsAt('') }]
  if (sub.pathSuffix === true) {
    paths.push({
      path: `${path}/{path}`,
      parameters: [...own, parameters.path, ...queryOf(options)],
      operations: operationsAt('WithPath'),
    })
  }
  return paths
}

function everywherePath(naming: Naming, root: string): Path {
  const { definition, published, word } = naming
  return {
    path: `${root}/${definition.plural}`,
    parameters: [...parameters.list, parameters.pretty],
    operations: [
      operation(naming, {
        method: 'get',
        action: 'list',
        id: `list${word}${definition.kind}ForAllNamespaces`,
        description: `list or watch objects of kind ${definition.kind}`,
        produces: [...naming.media, ...streams],
        responses: { 200: listTypeOf(published) },
      }),
    ],
  }
}

/** The old form of watching, by a path of its own. */
function watchPaths(naming: Naming, root: string, scope: readonly Parameter[]): readonly Path[] {
  const { definition, word, scopeWord } = naming
  const watching = (path: string, id: string, own: readonly Parameter[], action: string, what: string): Path => ({
    path: path.replace(root, `${root}/watch`),
    parameters: [...parameters.list, ...own, parameters.pretty],
    operations: [
      operation(naming, {
        method: 'get',
        action,
        id,
        description: `watch ${what}. deprecated: use the 'watch' parameter with a list operation instead${
          action === 'watch' ? ", filtered to a single item with the 'fieldSelector' parameter" : ''
        }.`,
        produces: [...naming.media, ...streams],
        responses: { 200: `${metaV1}WatchEvent` },
      }),
    ],
  })
  const { kind, plural } = definition
  const listOf = `individual changes to a list of ${kind}`
  const paths = [watching(naming.collection, `watch${word}${scopeWord}${kind}List`, scope, 'watchlist', listOf)]
  if (definition.verbs.includes('get')) {
    const own = [parameters.name(kind), ...scope]
    paths.push(
      watching(naming.item, `watch${word}${scopeWord}${kind}`, own, 'watch', `changes to an object of kind ${kind}`),
    )
  }
  if (naming.isNamespaced) {
    paths.push(watching(`${root}/${plural}`, `watch${word}${kind}ListForAllNamespaces`, [], 'watchlist', listOf))
  }
  return paths
}
