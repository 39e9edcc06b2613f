import { cloneJson, isNotFound, type KubeObject, untilAborted } from '../../../machinery/index.ts'
import { type Draft, validatingAdmissionPolicies } from '../../../resources/index.ts'
import { loopbackIdentity } from '../../authn/loopback.ts'
import type { Published } from '../../openapi/published.ts'
import { resolvedSchema } from '../../openapi/resolved.ts'
import { objectOf } from '../../registry/encoding.ts'
import type { Registry } from '../../registry/registry.ts'
import type { RequestContext } from '../../request.ts'
import type { WatchHub } from '../../watch/hub.ts'
import type { ValidatingPolicy } from './policy-list.ts'

export interface PolicyStatusParts {
  readonly registry: Registry
  readonly hub: WatchHub
  /** What is served, with the schemas of what was declared. */
  readonly published: () => readonly Published[]
  readonly onError: (error: unknown, about: string) => void
}

const context: RequestContext = {
  identity: loopbackIdentity,
  query: {},
  manager: 'validatingadmissionpolicy-status',
  dryRun: false,
  fieldValidation: 'Ignore',
  warnings: [],
  signal: new AbortController().signal,
}

const isBehind = ({ metadata, status }: ValidatingPolicy) =>
  (metadata.generation ?? 0) > (status?.observedGeneration ?? 0)

/**
 * Says in the status of each ValidatingAdmissionPolicy which of its expressions do not fit the types of what they are about.
 * Kubernetes has a controller for it; here it is next to the schemas that it needs.
 */
export class PolicyStatus {
  readonly #parts: PolicyStatusParts
  #last: Promise<void> = Promise.resolve()

  constructor(parts: PolicyStatusParts) {
    this.#parts = parts
  }

  /** Looks at what is there already, then follows until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { hub, registry } = this.#parts
    using _changes = hub.onChange(validatingAdmissionPolicies, ({ type, entry }) => {
      if (type === 'put') this.#consider(objectOf(validatingAdmissionPolicies, entry) as ValidatingPolicy)
    })
    for (const policy of await registry.all<ValidatingPolicy>(validatingAdmissionPolicies)) this.#consider(policy)
    await untilAborted(signal)
    await this.#last
  }

  /** One policy after the other: none is urgent. */
  #consider(policy: ValidatingPolicy): void {
    if (!isBehind(policy)) return
    this.#last = this.#last
      .then(() => this.#check(policy))
      .catch((error: unknown) => {
        if (!isNotFound(error)) this.#parts.onError(error, `validatingadmissionpolicy ${policy.metadata.name}`)
      })
  }

  async #check(policy: ValidatingPolicy): Promise<void> {
    const { expressionWarnings } = await import('./type-checking.ts')
    const published = this.#parts.published()
    const warnings = expressionWarnings(policy, {
      resources: published.map(({ definition }) => definition),
      schemaOf(definition) {
        const found = published.find((one) => one.definition === definition)
        return found === undefined ? undefined : resolvedSchema(found)
      },
    })
    const observedGeneration = policy.metadata.generation ?? 0
    const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings }
    await this.#parts.registry.update(
      validatingAdmissionPolicies,
      undefined,
      policy.metadata.name,
      {
        subresource: 'status',
        retry: true,
        next(current) {
          const draft: Draft = cloneJson(current as KubeObject)
          if ((draft.status?.observedGeneration ?? 0) < observedGeneration)
            draft.status = { ...draft.status, observedGeneration, typeChecking }
          return draft
        },
      },
      context,
    )
  }
}
