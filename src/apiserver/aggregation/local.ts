import {
  type Clock,
  cloneJson,
  isAlreadyExists,
  isNotFound,
  type KubeObject,
  timestampOf,
} from '../../machinery/index.ts'
import { type APIService, apiServices, type Draft } from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import type { ServedResources } from '../discovery/served.ts'
import type { Registry } from '../registry/registry.ts'
import { localAvailability } from './availability.ts'

const managedLabel = 'kube-aggregator.kubernetes.io/automanaged'
/** Kubernetes: what it says where a server's own group versions are made when it starts. */
const builtInLabel = 'onstart'
/**
 * Keeps an APIService for every group version that this server serves itself, so that clients find all of them in one
 * list. Kubernetes: declared ones come and go with their declarations; built-in ones are made when the server starts.
 */
export class LocalApiServices {
  readonly #registry: () => Registry
  readonly #served: ServedResources
  readonly #clock: Clock
  #shown: ReadonlySet<string> = new Set()
  #work: Promise<void> = Promise.resolve()

  constructor(parts: { readonly registry: () => Registry; readonly served: ServedResources; readonly clock: Clock }) {
    this.#registry = parts.registry
    this.#served = parts.served
    this.#clock = parts.clock
  }

  /** Brings the APIServices in line with what is served now; resolves when they are. */
  settle(): Promise<void> {
    this.#work = this.#work.then(() => this.#settleNow())
    return this.#work
  }

  /**
   * Unlike Kubernetes: what another server had taken over is ours again at once when its APIService is deleted, where
   * Kubernetes makes the one it is missing when it starts.
   */
  restore(name: string): Promise<void> {
    this.#work = this.#work.then(() => {
      this.#shown = new Set([...this.#shown].filter((one) => one !== name))
      return this.#settleNow()
    })
    return this.#work
  }

  async #settleNow(): Promise<void> {
    const wanted = new Map<string, APIService>()
    for (const { group, versions, priority } of this.#served.groups) {
      // Kubernetes: the group that APIServices are in has none itself.
      if (group === apiServices.group) continue
      const live = versions.filter(({ version }) => this.#served.serves(group, version))
      for (const [index, { version, priority: versionPriority }] of live.entries()) {
        const isDeclared = this.#served.isDeclared(group, version)
        const object = localService(group, version, {
          groupPriorityMinimum: priority,
          versionPriority: versionPriority > 0 ? versionPriority : live.length - index,
          label: isDeclared ? 'true' : builtInLabel,
        })
        wanted.set(object.metadata.name, object)
      }
    }
    const gone = [...this.#shown].filter((name) => !wanted.has(name))
    const added = [...wanted].filter(([name]) => !this.#shown.has(name))
    this.#shown = new Set(wanted.keys())
    await Promise.all([...added.map(([, object]) => this.#ensure(object)), ...gone.map((name) => this.#remove(name))])
  }

  async #ensure(object: APIService): Promise<void> {
    const { name } = object.metadata
    const registry = this.#registry()
    const lastTransitionTime = timestampOf(this.#clock.now())
    const { status: state, reason, message } = localAvailability
    const status = { conditions: [{ type: 'Available', status: state, lastTransitionTime, reason, message }] }
    const known = await registry.find<APIService>(apiServices, undefined, name)
    if (known === undefined) {
      if (object.metadata.labels?.[managedLabel] === builtInLabel)
        // Kubernetes: nobody owns it.
        return registry.seed(apiServices, object as unknown as Draft, loopbackContext(), {
          value: status,
          isOwned: false,
        })
      await registry.create(apiServices, undefined, object, loopbackContext()).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error
      })
    } else if (known.spec.service !== undefined || known.status?.conditions?.[0]?.reason === 'Local') return
    await registry.update(
      apiServices,
      undefined,
      name,
      {
        subresource: 'status',
        retry: true,
        next(current) {
          const draft = cloneJson(current as KubeObject) as Draft
          draft.status = status
          return draft
        },
      },
      loopbackContext(),
    )
  }

  async #remove(name: string): Promise<void> {
    const registry = this.#registry()
    const known = await registry.find<APIService>(apiServices, undefined, name)
    if (known?.metadata.labels?.[managedLabel] === undefined || known.spec.service !== undefined) return
    await registry.delete(apiServices, undefined, name, {}, loopbackContext()).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

function localService(
  group: string,
  version: string,
  of: { readonly groupPriorityMinimum: number; readonly versionPriority: number; readonly label: string },
): APIService {
  const { groupPriorityMinimum, versionPriority, label } = of
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}`, labels: { [managedLabel]: label } },
    spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum, versionPriority },
  } as unknown as APIService
}
