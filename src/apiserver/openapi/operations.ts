import type { ResourceDefinition } from '../../resources/index.ts'
import { type Parameter, parameters } from './parameters.ts'
import { bodyTypeOf, type GroupVersionKind, listTypeOf, type Published } from './published.ts'
import { tagOf } from './words.ts'

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

export const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const statusType = `${metaV1}Status`
export const anyMedia = ['*/*']
export const media = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
export const customMedia = ['application/json', 'application/yaml']
export const streams = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
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

/** A resource with the words its paths and operations are named by. */
export interface Naming {
  readonly published: Published
  readonly definition: ResourceDefinition<any>
  readonly isNamespaced: boolean
  readonly word: string
  readonly scopeWord: string
  readonly collection: string
  readonly item: string
  readonly media: readonly string[]
}

type OperationParts = Pick<Operation, 'method' | 'action' | 'id' | 'description'> & Partial<Operation>
/** An operation of a resource, with what most of them share. */
export function operation({ definition, media: produced }: Naming, parts: OperationParts): Operation {
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

/** What may be asked of all objects of a kind. */
export function collectionOperations(naming: Naming): readonly Operation[] {
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

/** What may be asked of one object. */
export function itemOperations(naming: Naming): readonly Operation[] {
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
export function objectOperation(
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

/** The objects of every namespace together. */
export function everywherePath(naming: Naming, root: string): Path {
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
