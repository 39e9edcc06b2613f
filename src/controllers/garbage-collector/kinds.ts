import type { OwnerReference } from '../../machinery/index.ts'
import { allResources, events, type ResourceDefinition, resourceForKind } from '../../resources/index.ts'

type AnyResource = ResourceDefinition<any>

/** Every built-in kind whose objects can own or be owned, each storage once. */
export const builtInKinds: readonly AnyResource[] = collectableOf(allResources)

/** The kinds whose objects can own or be owned: the built-in ones, and those that are declared or served elsewhere now. */
export class CollectableKinds {
  readonly #byName = new Map<string, AnyResource>()
  readonly #byStorage = new Map<string, AnyResource>()
  readonly #more = new Map<string, AnyResource>()

  constructor() {
    for (const one of builtInKinds) {
      this.#byName.set(kindName(one), one)
      this.#byStorage.set(one.storage.prefix, one)
    }
  }

  get all(): Iterable<AnyResource> {
    return this.#byName.values()
  }

  /** By the name that the collector's queue has for it. */
  named(name: string): AnyResource | undefined {
    return this.#byName.get(name)
  }

  /** The kind an owner reference speaks of; undefined for kinds that are not known here. */
  ofOwner({ apiVersion, kind }: OwnerReference): AnyResource | undefined {
    const [first = '', second] = apiVersion.split('/')
    const [group, version] = second === undefined ? ['', first] : [first, second]
    const stated = resourceForKind({ group, version, kind })
    return stated === undefined ? this.#more.get(`${group}/${kind}`) : this.#byStorage.get(stated.storage.prefix)
  }

  /** Takes in what is served now; answers what is new, and what is gone. */
  update(served: readonly AnyResource[]): {
    readonly added: readonly AnyResource[]
    readonly gone: readonly AnyResource[]
  } {
    const now = new Map<string, AnyResource>()
    // The first version of a group is its best.
    for (const one of collectableOf(served))
      if (resourceForKind(one) === undefined && !now.has(kindName(one))) now.set(kindName(one), one)
    const known = [...this.#more.values()]
    const same = (a: AnyResource, b: AnyResource | undefined) => a.version === b?.version && a.kind === b.kind
    const gone = known.filter((one) => !same(one, now.get(kindName(one))))
    const added = [...now.values()].filter((one) => !same(one, this.#byName.get(kindName(one))))
    for (const one of gone) {
      this.#byName.delete(kindName(one))
      this.#more.delete(`${one.group}/${one.kind}`)
    }
    for (const one of added) {
      this.#byName.set(kindName(one), one)
      this.#more.set(`${one.group}/${one.kind}`, one)
    }
    return { added, gone }
  }
}

export function kindName({ plural, group }: AnyResource): string {
  return `${plural}.${group}`
}

function collectableOf(all: readonly AnyResource[]): readonly AnyResource[] {
  const found = new Map<string, AnyResource>()
  for (const one of all) {
    const isKept =
      one.stored && one.servedByDefault && ['list', 'watch', 'delete'].every((verb) => one.verbs.includes(verb))
    // Kubernetes: events are never collected; there are too many, and they go by themselves.
    if (!isKept || one.storage.prefix === events.storage.prefix) continue
    const isStored = one.group === one.storage.group && one.version === one.storage.version
    if (!found.has(one.storage.prefix) || (isStored && resourceForKind(one) !== undefined))
      found.set(one.storage.prefix, one)
  }
  return [...found.values()]
}
