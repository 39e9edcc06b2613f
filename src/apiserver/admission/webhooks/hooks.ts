import type { KubeObject } from '../../../machinery/index.ts'
import {
  mutatingWebhookConfigurations,
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurations,
} from '../../../resources/index.ts'
import { objectOf } from '../../registry/encoding.ts'
import type { Registry } from '../../registry/registry.ts'
import type { WatchHub } from '../../watch/hub.ts'
import type { Attributes } from '../admission.ts'
import {
  type Invocation,
  invocationIn,
  type MatchParts,
  namespaceMatches,
  objectMatches,
  type Selector,
  selectorOf,
  targetOf,
} from '../matching/matching.ts'

export type Webhook = NonNullable<ValidatingWebhookConfiguration['webhooks']>[number] & {
  readonly reinvocationPolicy?: string
}

/** One webhook with what its selectors come to. */
export interface Hook {
  readonly configuration: string
  /** Unique among all webhooks, for as long as the configuration lists it in the same place. */
  readonly id: string
  readonly webhook: Webhook
  readonly namespaceSelector: Selector | undefined
  readonly objectSelector: Selector | undefined
}

/** The webhooks of one kind of configuration, kept up to date, in the order in which they are called. */
export class WebhookList {
  readonly #byName = new Map<string, readonly Hook[]>()
  #sorted: readonly Hook[] = []
  #fixed: readonly Hook[] = []
  #all: readonly Hook[] = []

  /** Follows the store from now on; configurations that are there already are taken in by `load`. */
  constructor(hub: WatchHub, mutating: boolean) {
    const definition = mutating ? mutatingWebhookConfigurations : validatingWebhookConfigurations
    hub.onChange(definition, ({ type, entry }) => {
      const name = entry.key.slice(entry.key.lastIndexOf('/') + 1)
      this.#set(name, type === 'put' ? objectOf(definition, entry) : undefined)
    })
  }

  async load(registry: Registry, mutating: boolean): Promise<void> {
    const definition = mutating ? mutatingWebhookConfigurations : validatingWebhookConfigurations
    for (const one of await registry.all<KubeObject>(definition)) this.#set(one.metadata.name, one)
  }

  get all(): readonly Hook[] {
    return this.#all
  }
  /** Those that files tell of, which come first and are asked about webhooks and policies as well. */
  get fixed(): readonly Hook[] {
    return this.#fixed
  }
  set fixed(hooks: readonly Hook[]) {
    this.#fixed = hooks
    this.#all = [...hooks, ...this.#sorted]
  }

  #set(name: string, configuration: KubeObject | undefined): void {
    if (configuration === undefined) this.#byName.delete(name)
    else this.#byName.set(name, hooksOf(configuration))
    this.#sorted = [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, hooks]) => hooks)
    this.#all = [...this.#fixed, ...this.#sorted]
  }
}

/** The webhooks of a configuration; `origin` tells those of one source from those of another. */
export function hooksOf(configuration: KubeObject, origin = ''): readonly Hook[] {
  const { name } = configuration.metadata
  const webhooks = (configuration as { webhooks?: readonly Webhook[] }).webhooks ?? []
  return webhooks.map((webhook, index) => ({
    configuration: name,
    id: `${origin}${name}/${webhook.name}/${index}`,
    webhook,
    namespaceSelector: selectorOf(webhook.namespaceSelector),
    objectSelector: selectorOf(webhook.objectSelector),
  }))
}

/** How a webhook is to be asked about a request; undefined when it is none of its business. */
export async function invocationOf(
  { webhook, namespaceSelector, objectSelector }: Hook,
  attributes: Attributes,
  parts: MatchParts,
): Promise<Invocation | undefined> {
  const target = targetOf(webhook.rules ?? [], webhook.matchPolicy, attributes, parts)
  if (target === undefined) return undefined
  if (!(await namespaceMatches(namespaceSelector, attributes, parts))) return undefined
  if (!objectMatches(objectSelector, attributes)) return undefined
  return invocationIn(target, attributes)
}
