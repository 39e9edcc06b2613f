import type { KubeObject } from '../../../machinery/index.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ResourceDefinition,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../../resources/index.ts'
import { objectOf } from '../../registry/encoding.ts'
import type { Registry } from '../../registry/registry.ts'
import type { WatchHub } from '../../watch/hub.ts'

export type ValidatingPolicy = ValidatingAdmissionPolicy
export type ValidatingBinding = ValidatingAdmissionPolicyBinding
export type MutatingPolicy = MutatingAdmissionPolicy
export type MutatingBinding = MutatingAdmissionPolicyBinding

/** A policy with everything that puts it into effect. */
export interface Bound<P, B> {
  readonly policy: P
  readonly bindings: readonly B[]
}
type Binding = KubeObject & { readonly spec?: { readonly policyName?: string } }

/** The policies of one kind that are in effect, kept up to date, in the order in which they are asked. */
export class PolicyList<P extends KubeObject, B extends Binding> {
  readonly #policies = new Map<string, P>()
  readonly #bindings = new Map<string, B>()
  readonly #kinds: readonly [ResourceDefinition<any>, ResourceDefinition<any>]
  #all: readonly Bound<P, B>[] | undefined
  #fixed: readonly Bound<P, B>[] = []

  /** Follows the store from now on; what is there already is taken in by `load`. */
  constructor(hub: WatchHub, policies: ResourceDefinition<any>, bindings: ResourceDefinition<any>) {
    this.#kinds = [policies, bindings]
    const follow = (definition: ResourceDefinition<any>, kept: Map<string, any>) =>
      hub.onChange(definition, ({ type, entry }) => {
        const name = entry.key.slice(entry.key.lastIndexOf('/') + 1)
        if (type === 'put') kept.set(name, objectOf(definition, entry))
        else kept.delete(name)
        this.#all = undefined
      })
    follow(policies, this.#policies)
    follow(bindings, this.#bindings)
  }

  async load(registry: Registry): Promise<void> {
    const [policies, bindings] = this.#kinds
    for (const one of await registry.all<any>(policies)) this.#policies.set(one.metadata.name, one)
    for (const one of await registry.all<any>(bindings)) this.#bindings.set(one.metadata.name, one)
    this.#all = undefined
  }

  get all(): readonly Bound<P, B>[] {
    this.#all ??= [...this.#fixed, ...this.#gather()]
    return this.#all
  }
  /** Those that files tell of, which come first and are asked about webhooks and policies as well. */
  get fixed(): readonly Bound<P, B>[] {
    return this.#fixed
  }
  /** Takes the policies of files with what binds them, in order. */
  fix(policies: readonly P[], bindings: readonly B[]): void {
    this.#fixed = bound(policies, bindings)
    this.#all = undefined
  }

  #gather(): readonly Bound<P, B>[] {
    const byName = (one: KubeObject, other: KubeObject) => (one.metadata.name < other.metadata.name ? -1 : 1)
    const bindings = [...this.#bindings.values()].sort(byName)
    return bound([...this.#policies.values()].sort(byName), bindings)
  }
}

function bound<P extends KubeObject, B extends Binding>(
  policies: readonly P[],
  bindings: readonly B[],
): readonly Bound<P, B>[] {
  return policies
    .map((policy) => ({
      policy,
      bindings: bindings.filter(({ spec }) => spec?.policyName === policy.metadata.name),
    }))
    .filter((one) => one.bindings.length > 0)
}
