import type { GroupFacts, ResourceDefinition } from '../../resources/index.ts'
import type { Published } from '../openapi/published.ts'
import type { Served } from './discovery.ts'
import type { RemoteVersion } from './remote.ts'

/** Kubernetes: where groups that are declared stand in discovery's order, behind all built-in ones. */
const declaredGroupPriority = 1000
const declaredVersionPriority = 100

/** The definitions of one declaration, the best version first. */
export interface Declared {
  readonly definitions: readonly ResourceDefinition<any>[]
  /** Requests are answered as soon as names are accepted; clients are told of it once it is established. */
  readonly established: boolean
}

/** Everything this server serves: the built-in resources, and those that are declared while it runs. */
export class ServedResources implements Served {
  readonly #builtIn: readonly ResourceDefinition<any>[]
  readonly #builtInGroups: readonly GroupFacts[]
  readonly #declared = new Map<string, Declared>()
  readonly #byPath = new Map<string, ResourceDefinition<any>>()
  readonly #compare: (a: string, b: string) => number
  readonly #remotes = new Map<string, RemoteVersion>()
  #now: {
    groups: readonly GroupFacts[]
    resources: readonly ResourceDefinition<any>[]
    published: readonly Published[]
  }

  constructor(
    builtIn: readonly ResourceDefinition<any>[],
    groups: readonly GroupFacts[],
    compareVersions: (a: string, b: string) => number,
  ) {
    this.#builtIn = builtIn
    this.#builtInGroups = groups
    this.#compare = compareVersions
    for (const one of builtIn) this.#byPath.set(pathOf(one), one)
    this.#now = this.#gather()
  }

  /** The groups in discovery's order, versions in order of preference; the same array until something changes. */
  get groups(): readonly GroupFacts[] {
    return this.#now.groups
  }

  /** What clients are told of; the same array until something changes. */
  get resources(): readonly ResourceDefinition<any>[] {
    return this.#now.resources
  }

  /** The same with the schemas that describe them. */
  get published(): readonly Published[] {
    return this.#now.published
  }

  /** The resource a request is about, if it is served. */
  find(of: {
    readonly group: string
    readonly version: string
    readonly resource: string
  }): ResourceDefinition<any> | undefined {
    return this.#byPath.get(`${of.group}/${of.version}/${of.resource}`)
  }

  /** Whether anything of a group version is served by this server itself. */
  serves(group: string, version: string): boolean {
    return this.#now.resources.some((one) => one.group === group && one.version === version)
  }

  /** Whether all that is served of a group version was declared while the server ran. */
  isDeclared(group: string, version: string): boolean {
    return !this.#builtIn.some((one) => one.group === group && one.version === version)
  }

  /** The group versions that other servers serve. */
  get remotes(): readonly RemoteVersion[] {
    return [...this.#remotes.values()]
  }

  remote(key: string): RemoteVersion | undefined {
    return this.#remotes.get(key)
  }

  /** Shows a group version (`group/version`) that another server serves; undefined shows it no longer. */
  setRemote(key: string, remote: RemoteVersion | undefined): void {
    if (remote === undefined) this.#remotes.delete(key)
    else this.#remotes.set(key, remote)
    this.#now = this.#gather()
  }

  /** All versions in which the objects of a kind are served. */
  versionsOf({ storage }: ResourceDefinition<any>): readonly ResourceDefinition<any>[] {
    return [...this.#byPath.values()].filter((one) => one.storage.prefix === storage.prefix)
  }

  /** Serves a declaration from now on, in place of its last state; undefined serves it no longer. */
  declare(name: string, declared: Declared | undefined): void {
    for (const one of this.#declared.get(name)?.definitions ?? []) this.#byPath.delete(pathOf(one))
    if (declared === undefined) this.#declared.delete(name)
    else {
      this.#declared.set(name, declared)
      for (const one of declared.definitions) this.#byPath.set(pathOf(one), one)
    }
    this.#now = this.#gather()
  }

  #gather() {
    const shown = [...this.#declared.entries()]
      .filter(([, { established }]) => established)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { definitions }]) => definitions)
    const resources = shown.length === 0 ? this.#builtIn : [...this.#builtIn, ...shown]
    return {
      resources,
      groups: this.#withRemotes(shown.length === 0 ? this.#builtInGroups : this.#groupsWith(shown)),
      published: resources.map((definition) =>
        definition.custom === undefined ? { definition } : { definition, schema: definition.custom.openApi },
      ),
    }
  }

  /** Kubernetes: a group of an extension server stands where its priority says. */
  #withRemotes(groups: readonly GroupFacts[]): readonly GroupFacts[] {
    let all = groups
    for (const { group, version, groupPriorityMinimum, versionPriority } of this.#remotes.values()) {
      const facts = { version, priority: versionPriority, servedByDefault: true }
      const known = all.find((one) => one.group === group)
      if (known === undefined) {
        const added = {
          group,
          priority: groupPriorityMinimum,
          preferredVersion: version,
          servedByDefault: true,
          versions: [facts],
        }
        const at = all.findIndex((one) => one.priority < groupPriorityMinimum)
        all = at < 0 ? [...all, added] : [...all.slice(0, at), added, ...all.slice(at)]
      } else if (!known.versions.some((one) => one.version === version)) {
        const versions = [...known.versions, facts].sort((a, b) => b.priority - a.priority)
        all = all.map((one) => (one === known ? { ...known, versions } : one))
      }
    }
    return all
  }

  #groupsWith(shown: readonly ResourceDefinition<any>[]): readonly GroupFacts[] {
    const versions = new Map<string, Set<string>>()
    for (const { group, version } of shown) versions.set(group, (versions.get(group) ?? new Set()).add(version))
    const known = this.#builtInGroups.map((facts) => {
      const more = [...(versions.get(facts.group) ?? [])].filter(
        (name) => !facts.versions.some(({ version }) => version === name),
      )
      versions.delete(facts.group)
      return more.length === 0 ? facts : { ...facts, versions: [...facts.versions, ...more.map(versionFacts)] }
    })
    const declared = [...versions].sort(([a], [b]) => (a < b ? -1 : 1))
    return [
      ...known,
      ...declared.map(([group, names]) => {
        const sorted = [...names].sort(this.#compare)
        return {
          group,
          priority: declaredGroupPriority,
          preferredVersion: sorted[0]!,
          servedByDefault: true,
          versions: sorted.map(versionFacts),
        }
      }),
    ]
  }
}

const pathOf = ({ group, version, plural }: ResourceDefinition<any>) => `${group}/${version}/${plural}`
const versionFacts = (version: string) => ({ version, priority: declaredVersionPriority, servedByDefault: true })
