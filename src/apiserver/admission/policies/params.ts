import { type KubeObject, labelQueryOf } from '../../../machinery/index.ts'
import type { ParamKind, ParamRef, ResourceDefinition } from '../../../resources/index.ts'
import { convertAhead, convertFromStorage } from '../../registry/conversion.ts'
import { apiVersionOf, objectOf, prefixOf, storageKey } from '../../registry/encoding.ts'
import type { Registry } from '../../registry/registry.ts'
import type { WatchHub } from '../../watch/hub.ts'

export interface ParamsParts {
  readonly registry: () => Registry
  readonly hub: WatchHub
  /** All kinds that are served. */
  readonly resources: () => readonly ResourceDefinition<any>[]
}

/** The objects of one kind, as they are stored, by storage key. */
type Followed = Promise<ReadonlyMap<string, KubeObject>>

/** The objects that policies take as parameters; each kind is followed from when it is first asked for. */
export class Params {
  readonly #parts: ParamsParts
  readonly #followed = new Map<string, Followed>()

  constructor(parts: ParamsParts) {
    this.#parts = parts
  }

  /**
   * What a policy is to be evaluated with, once for each; undefined stands for none being asked for, and an empty list means
   * that it is not evaluated. Rejects when that cannot be told.
   */
  async find(
    kind: ParamKind | undefined,
    reference: ParamRef | undefined,
    requestNamespace: string,
  ): Promise<readonly (KubeObject | undefined)[]> {
    if (kind === undefined || reference === undefined) return [undefined]
    const definition = this.#definitionOf(kind)
    if (definition === undefined) throw new Error(`paramKind kind \`${kindText(kind)}\` not known`)
    const namespace = namespaceFor(definition, reference, requestNamespace)
    const found = await this.#select(definition, namespace, reference)
    if (found.length === 0 && reference.parameterNotFoundAction === 'Deny')
      throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction')
    await convertAhead(definition, found)
    return found.map((one) => convertFromStorage(definition, one))
  }

  #definitionOf({ apiVersion, kind }: ParamKind): ResourceDefinition<any> | undefined {
    return this.#parts.resources().find((one) => apiVersionOf(one) === apiVersion && one.kind === kind && one.stored)
  }

  async #select(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    { name, selector }: ParamRef,
  ): Promise<readonly KubeObject[]> {
    const all = await this.#follow(definition)
    if (name) {
      const one = all.get(storageKey(definition, namespace, name))
      return one === undefined ? [] : [one]
    }
    if (selector === undefined) throw new Error('one of name or selector must be provided')
    const query = labelQueryOf(selector)
    return [...all.values()].filter(
      ({ metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) && query.matches(metadata.labels ?? {}),
    )
  }

  #follow(definition: ResourceDefinition<any>): Followed {
    const prefix = prefixOf(definition)
    const known = this.#followed.get(prefix)
    if (known !== undefined) return known
    const objects = new Map<string, KubeObject>()
    const changed = new Set<string>()
    this.#parts.hub.onChange(definition, ({ type, entry }) => {
      changed.add(entry.key)
      if (type === 'put') objects.set(entry.key, objectOf(definition, entry))
      else objects.delete(entry.key)
    })
    const followed = this.#parts
      .registry()
      .all<KubeObject>(definition)
      .then((existing) => {
        for (const one of existing) {
          const { namespace, name } = one.metadata
          const key = storageKey(definition, namespace, name)
          if (!changed.has(key)) objects.set(key, one)
        }
        return objects
      })
    this.#followed.set(prefix, followed)
    return followed
  }
}

/** The namespace parameters are looked for in; undefined for kinds that are in none. */
function namespaceFor(
  definition: ResourceDefinition<any>,
  { namespace = '' }: ParamRef,
  requestNamespace: string,
): string | undefined {
  if (definition.scope === 'Cluster') {
    if (namespace !== '') throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
    return undefined
  }
  if (namespace === '' && requestNamespace === '')
    throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  return namespace === '' ? requestNamespace : namespace
}

/** Kubernetes prints the structure as it is in memory. */
function kindText({ apiVersion = '', kind = '' }: ParamKind): string {
  return `&ParamKind{APIVersion:${apiVersion},Kind:${kind},}`
}
