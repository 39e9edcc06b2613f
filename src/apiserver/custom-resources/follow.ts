import { type Clock, cloneJson, type KubeObject, sameJson, timestampOf, untilAborted } from '../../machinery/index.ts'
import { type CustomResourceDefinition, customResourceDefinitions, type Draft } from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import type { ServedResources } from '../discovery/served.ts'
import { objectOf } from '../registry/encoding.ts'
import type { Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'
import { removeInstances } from './instances.ts'
import type { KindParts } from './kind.ts'
import { cleanupFinalizer, isTrue, type NewCondition, planNames, withConditions } from './names.ts'

export interface DeclarationParts {
  readonly registry: Registry
  readonly hub: WatchHub
  readonly clock: Clock
  readonly served: ServedResources
  /** Loads what declarations need; nothing of it is loaded while there are none. */
  readonly load: (crd: CustomResourceDefinition) => Promise<LoadedKinds>
  /** Told when what is served has changed. */
  readonly onServed: () => void
  readonly onError: (error: unknown, about: string) => void
}
/** The code behind declarations, once it is loaded. */
export interface LoadedKinds {
  readonly definitionsOf: (
    crd: CustomResourceDefinition,
    parts: KindParts,
  ) => ReturnType<typeof import('./kind.ts').definitionsOf>
  readonly parts: KindParts
}
const retryMs = 1000

interface Known {
  readonly crd: CustomResourceDefinition
  /** What the definitions were made from. */
  readonly made: string
}

/**
 * Serves what CustomResourceDefinitions declare, says in their status whether names were accepted, and removes their objects
 * before they go. Requests find a kind before any watcher learns that it is established.
 */
export class Declarations {
  readonly #parts: DeclarationParts
  readonly #known = new Map<string, Known>()
  readonly #ending = new Map<string, Promise<void>>()
  #loaded: LoadedKinds | undefined
  #resolveReady = () => {}
  /** Resolves once everything that was declared before is served. */
  readonly ready = new Promise<void>((resolve) => {
    this.#resolveReady = resolve
  })

  constructor(parts: DeclarationParts) {
    this.#parts = parts
  }

  /** Takes in what is declared already, then follows until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { hub, registry } = this.#parts
    const waiting: (() => void)[] = []
    let ready = false
    using _changes = hub.onChange(customResourceDefinitions, ({ type, entry }) => {
      const name = entry.key.slice(entry.key.lastIndexOf('/') + 1)
      const crd = type === 'put' ? (objectOf(customResourceDefinitions, entry) as CustomResourceDefinition) : undefined
      const take = () => void this.#take(name, crd, signal)
      if (ready) take()
      else waiting.push(take)
    })
    for (const crd of await registry.all<CustomResourceDefinition>(customResourceDefinitions))
      await this.#take(crd.metadata.name, crd, signal)
    ready = true
    for (const take of waiting) take()
    this.#resolveReady()
    await untilAborted(signal)
  }

  /** Kept synchronous once the code is loaded, so that a kind is served before anybody is told of it. */
  #take(name: string, crd: CustomResourceDefinition | undefined, signal: AbortSignal): Promise<void> | undefined {
    if (crd === undefined) {
      const gone = this.#known.get(name)
      this.#known.delete(name)
      this.#parts.served.declare(name, undefined)
      this.#parts.onServed()
      if (gone !== undefined) this.#reconsider(gone.crd.spec.group, name, signal)
      return undefined
    }
    if (this.#loaded !== undefined && !needsRules(crd)) {
      this.#serve(crd, this.#loaded, signal)
      return undefined
    }
    return this.#parts
      .load(crd)
      .then((loaded) => {
        this.#loaded = loaded
        this.#serve(crd, loaded, signal)
      })
      .catch((error: unknown) => this.#parts.onError(error, `customresourcedefinition ${name}`))
  }

  #serve(crd: CustomResourceDefinition, { definitionsOf, parts }: LoadedKinds, signal: AbortSignal): void {
    const { name } = crd.metadata
    const known = this.#known.get(name)
    if (known !== undefined && Number(known.crd.metadata.resourceVersion) > Number(crd.metadata.resourceVersion)) return
    const established = isTrue(crd, 'Established')
    const terminating = crd.metadata.deletionTimestamp !== undefined
    const made = JSON.stringify([crd.metadata.uid, crd.spec, crd.status?.acceptedNames, established, terminating])
    this.#known.set(name, { crd, made })
    if (established || isTrue(crd, 'NamesAccepted')) {
      if (known?.made !== made) {
        this.#parts.served.declare(name, { definitions: definitionsOf(crd, parts), established })
        if (established) this.#parts.onServed()
      }
    } else this.#parts.served.declare(name, undefined)
    void this.#settleNames(name, signal)
    if (terminating && crd.metadata.finalizers?.includes(cleanupFinalizer) === true) this.#end(name, signal)
  }

  /** Somebody may want a name that has become free. */
  #reconsider(group: string, except: string, signal: AbortSignal): void {
    for (const [name, { crd }] of this.#known)
      if (name !== except && crd.spec.group === group && !isTrue(crd, 'NamesAccepted'))
        void this.#settleNames(name, signal)
  }

  async #settleNames(name: string, signal: AbortSignal): Promise<void> {
    const crd = this.#known.get(name)?.crd
    if (crd === undefined || signal.aborted) return
    const { registry, clock } = this.#parts
    const wanted = this.#plannedStatus(crd)
    if (wanted === undefined) return
    try {
      await this.#writeStatus(name, (current) => {
        // Names are given in the order in which they are asked for, so the plan is made on what is stored now.
        const planned = this.#plannedStatus(current)
        if (planned === undefined) return
        current.status = {
          ...current.status,
          acceptedNames: planned.acceptedNames,
          conditions: withConditions(current.status?.conditions, planned.conditions, timestampOf(clock.now())),
        }
      })
      this.#reconsider(crd.spec.group, name, signal)
    } catch (error) {
      if ((await registry.find(customResourceDefinitions, undefined, name)) !== undefined)
        this.#parts.onError(error, `names of customresourcedefinition ${name}`)
    }
  }

  #plannedStatus(crd: CustomResourceDefinition): ReturnType<typeof planNames> | undefined {
    if (sameJson(crd.spec.names, crd.status?.acceptedNames ?? {}) && isTrue(crd, 'Established')) return undefined
    const others = [...this.#known.values()]
      .map((one) => one.crd)
      .filter((one) => one.metadata.uid !== crd.metadata.uid)
    const planned = planNames(crd, others)
    const holds = (condition: NewCondition) =>
      crd.status?.conditions?.some(
        ({ type, status, reason, message }) =>
          type === condition.type &&
          status === condition.status &&
          reason === condition.reason &&
          message === condition.message,
      ) === true
    const isSame = sameJson(planned.acceptedNames, crd.status?.acceptedNames ?? {}) && planned.conditions.every(holds)
    return isSame ? undefined : planned
  }

  async #writeStatus(name: string, change: (draft: Draft) => void): Promise<void> {
    await this.#parts.registry.update(
      customResourceDefinitions,
      undefined,
      name,
      {
        subresource: 'status',
        retry: true,
        next(current) {
          const draft = cloneJson(current as KubeObject)
          change(draft)
          return draft
        },
      },
      loopbackContext(),
    )
  }

  #end(name: string, signal: AbortSignal): void {
    if (this.#ending.has(name)) return
    const ending = this.#removeAll(name, signal).finally(() => this.#ending.delete(name))
    this.#ending.set(name, ending)
  }

  /** Removes a declaration's objects, saying in its conditions how far it has come, and lets it go. */
  async #removeAll(name: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    while (!signal.aborted) {
      const crd = this.#known.get(name)?.crd
      if (crd === undefined || crd.metadata.deletionTimestamp === undefined) return
      try {
        await this.#noteEnding(name, {
          reason: 'InstanceDeletionInProgress',
          message: 'CustomResource deletion is in progress',
        })
        const outcome = await this.#instancesGone(crd, signal)
        await this.#noteEnding(name, outcome, outcome.status === 'False')
        if (outcome.status === 'False') return
      } catch (error) {
        if (!this.#known.has(name) || signal.aborted) return
        this.#parts.onError(error, `end of customresourcedefinition ${name}`)
      }
      await clock.sleep(retryMs, signal).catch(() => {})
    }
  }

  async #instancesGone(
    crd: CustomResourceDefinition,
    signal: AbortSignal,
  ): Promise<{ readonly status: 'True' | 'False'; readonly reason: string; readonly message: string }> {
    if (!isTrue(crd, 'Established') || this.#loaded === undefined)
      return { status: 'False', reason: 'NeverEstablished', message: 'resource was never established' }
    const { definitionsOf, parts } = this.#loaded
    const all = { ...crd, spec: { ...crd.spec, versions: crd.spec.versions.map((one) => ({ ...one, served: true })) } }
    const definitions = definitionsOf(all, parts)
    const stored = definitions.find(({ version, storage }) => version === storage.version) ?? definitions[0]!
    return removeInstances(stored, { ...this.#parts, context: loopbackContext() }, signal)
  }

  #noteEnding(
    name: string,
    of: { readonly status?: 'True' | 'False'; readonly reason: string; readonly message: string },
    letGo = false,
  ): Promise<void> {
    const now = timestampOf(this.#parts.clock.now())
    const { status = 'True', reason, message } = of
    return this.#writeStatus(name, (draft) => {
      const conditions = withConditions(
        draft.status?.conditions,
        [{ type: 'Terminating', status, reason, message }],
        now,
      )
      draft.status = { ...draft.status, conditions }
      if (letGo)
        draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((one: string) => one !== cleanupFinalizer)
    })
  }
}

/** Whether a schema of the declaration has rules, whose engine is loaded apart. */
export function needsRules({ spec }: Pick<CustomResourceDefinition, 'spec'>): boolean {
  return JSON.stringify(spec ?? {}).includes('"x-kubernetes-validations"')
}
