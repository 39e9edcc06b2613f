import { Claims } from './claims.ts'
import { fixedParts, type SetName, type TableSettings } from './fixed-parts.ts'
import type { ServiceParts } from './service-parts.ts'

const setNames: readonly SetName[] = [
  'cluster',
  'node-ports',
  'endpoints',
  'hairpin',
  'cluster-ips',
  'unserved',
  'unserved-node-ports',
]

/**
 * One nft table: what services need in it, and what is in it. Tells the transactions that lead from one to the other:
 * only what changes is in them, so that traffic of other services is not touched and a change costs the same in a cluster
 * of ten thousand services. Pure.
 */
export class ServiceTable {
  readonly #name: string
  readonly #settings: TableSettings
  readonly #services = new Map<string, ServiceParts>()
  readonly #elements = new Map(setNames.map((name) => [name, new Claims()]))
  readonly #chains = new Claims()
  readonly #memories = new Claims()
  #isThere = false

  constructor(name: string, settings: TableSettings = {}) {
    this.#name = name
    this.#settings = settings
  }

  /** What the service needs from now on; undefined: nothing. */
  put(service: string, parts: ServiceParts | undefined): void {
    const before = this.#services.get(service)
    if (before !== undefined) for (const [claims, key] of this.#claimsOf(before)) claims.release(service, key)
    if (parts === undefined) {
      this.#services.delete(service)
      return
    }
    this.#services.set(service, parts)
    for (const [claims, key, value] of this.#claimsOf(parts)) claims.claim(service, key, value)
  }

  /**
   * Texts of transactions, to be applied one after the other. New chains come a transaction before they are referred to:
   * to a packet on its way while one comes into force, a chain that came with it is empty.
   */
  transactions(): readonly string[] {
    const chains = this.#chains.difference()
    const memories = this.#memories.difference()
    const prepare = [
      ...memories.added.map(([name, declared]) => `add set ip ${this.#name} ${name} ${declared}`),
      ...chains.added.map(([name]) => `add chain ip ${this.#name} ${name}`),
      ...chains.added.flatMap(([name, rules]) => this.#rules(name, rules)),
    ]
    const renew = [
      ...chains.changed.flatMap(([name, rules]) => [
        `flush chain ip ${this.#name} ${name}`,
        ...this.#rules(name, rules),
      ]),
      ...[...this.#elements].flatMap(([set, claims]) => this.#renewElements(set, claims)),
      // Emptied first, so that no chain or set is still referred to when it is deleted.
      ...chains.removed.map(([name]) => `flush chain ip ${this.#name} ${name}`),
      ...chains.removed.map(([name]) => `delete chain ip ${this.#name} ${name}`),
      ...memories.removed.map(([name]) => `delete set ip ${this.#name} ${name}`),
    ]
    if (this.#isThere) return [prepare, renew].filter((lines) => lines.length > 0).map(textOf)
    // What an earlier life left is replaced whole, in the same transaction.
    const table = [`add table ip ${this.#name}`, `delete table ip ${this.#name}`]
    return [textOf([...table, ...fixedParts(this.#name, this.#settings), ...prepare, ...renew])]
  }

  /** The transactions have been applied. */
  settle(): void {
    this.#isThere = true
    for (const claims of this.#all()) claims.settle()
  }

  /** A transaction was refused: what is in the table is not known, and it will be written anew. */
  forget(): void {
    this.#isThere = false
    for (const claims of this.#all()) claims.forget()
  }

  #renewElements(set: SetName, claims: Claims): readonly string[] {
    const { added, removed, changed } = claims.difference()
    const gone = [...removed, ...changed].map(([key]) => key)
    const come = [...added, ...changed].map(([key, value]) => (value === '' ? key : `${key} : ${value}`))
    return [
      ...(gone.length === 0 ? [] : [`delete element ip ${this.#name} ${set} { ${gone.join(', ')} }`]),
      ...(come.length === 0 ? [] : [`add element ip ${this.#name} ${set} { ${come.join(', ')} }`]),
    ]
  }
  #rules(chain: string, rules: string): readonly string[] {
    return rules.split('\n').map((rule) => `add rule ip ${this.#name} ${chain} ${rule}`)
  }
  *#claimsOf({ chains, memories, elements }: ServiceParts): Iterable<readonly [Claims, string, string]> {
    for (const [name, rules] of chains) yield [this.#chains, name, rules.join('\n')]
    for (const [name, declared] of memories) yield [this.#memories, name, declared]
    for (const [set, key, value = ''] of elements) yield [this.#elements.get(set)!, key, value]
  }
  #all(): readonly Claims[] {
    return [...this.#elements.values(), this.#chains, this.#memories]
  }
}

const textOf = (lines: readonly string[]) => `${lines.join('\n')}\n`
