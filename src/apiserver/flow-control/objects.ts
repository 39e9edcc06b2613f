import { type Clock, isNotFound, type KubeObject, type Random, timestampOf } from '../../machinery/index.ts'
import {
  type FlowSchema,
  flowSchemas,
  type PriorityLevelConfiguration,
  priorityLevelConfigurations,
  type ResourceDefinition,
} from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import { objectOf } from '../registry/encoding.ts'
import { applyChange } from '../registry/patching.ts'
import type { Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'
import { type FlowControl, lendingPeriodMs } from './flow-control.ts'
import { keepBootstrapObjects } from './upkeep.ts'

export interface FlowObjectParts {
  readonly registry: Registry
  readonly hub: WatchHub
  readonly clock: Clock
  readonly random: Random
  readonly flow: FlowControl
  readonly onError: (error: unknown, about: string) => void
}

/** Kubernetes: the objects of every cluster are looked after once a minute. */
const upkeepMs = 60_000
const manager = 'api-priority-and-fairness-config-consumer-v1'
/** Kubernetes: servers that disagree about a status do not fight over it more often than this in a minute. */
const statusWritesMax = 6
const quietMs = 500

/** Puts FlowSchemas and PriorityLevelConfigurations into effect as they change, and says in each schema's status whether its level is there. */
export class FlowObjects {
  readonly #parts: FlowObjectParts
  readonly #levels = new Map<string, PriorityLevelConfiguration>()
  readonly #schemas = new Map<string, FlowSchema>()
  readonly #written = new Map<string, number[]>()
  /** Schemas whose status is being written. */
  readonly #writing = new Set<string>()
  #later: Disposable | undefined
  #loaded = false
  #due = false
  /** Whether something other than a status has changed. */
  #isNews = false
  /** Whether schemas are told in their status whether their level is there. */
  #saysWhether = false
  #last: Promise<void> = Promise.resolve()

  /** Follows the store from now on; what is there already is taken in by `run`. */
  constructor(parts: FlowObjectParts) {
    this.#parts = parts
    const follow = (definition: ResourceDefinition<any>, kept: Map<string, any>) =>
      parts.hub.onChange(definition, ({ type, entry }) => {
        const name = entry.key.slice(entry.key.lastIndexOf('/') + 1)
        const before = kept.get(name)
        const object = type === 'put' ? objectOf(definition, entry) : undefined
        if (object === undefined) kept.delete(name)
        else kept.set(name, object)
        if (!isSameSpec(before, object)) this.#isNews = true
        this.#changed()
      })
    follow(priorityLevelConfigurations, this.#levels)
    follow(flowSchemas, this.#schemas)
  }

  /** Takes in what is there, then lends seats and looks after the objects until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { registry, clock, flow, onError } = this.#parts
    for (const one of await registry.all<PriorityLevelConfiguration>(priorityLevelConfigurations))
      this.#levels.set(one.metadata.name, one)
    for (const one of await registry.all<FlowSchema>(flowSchemas)) this.#schemas.set(one.metadata.name, one)
    this.#loaded = true
    this.#isNews = true
    this.#changed()
    // Nobody waits for what statuses say, while a server that starts has better things to do.
    using _quiet = clock.after(quietMs, () => {
      this.#saysWhether = true
      this.#changed()
    })
    let sinceUpkeepMs = 0
    for (;;) {
      await clock.sleep(lendingPeriodMs, signal).catch(() => {})
      if (signal.aborted) break
      flow.lend()
      sinceUpkeepMs += lendingPeriodMs
      if (sinceUpkeepMs < upkeepMs) continue
      sinceUpkeepMs = 0
      await keepBootstrapObjects(registry).catch((error: unknown) => onError(error, 'flow schemas of every cluster'))
    }
    this.#loaded = false
    this.#later?.[Symbol.dispose]()
  }

  /** Changes of one turn are taken in together. */
  #changed(): void {
    if (this.#due || !this.#loaded) return
    this.#due = true
    queueMicrotask(() => {
      this.#due = false
      if (this.#isNews) this.#parts.flow.configure([...this.#levels.values()], [...this.#schemas.values()])
      this.#isNews = false
      if (this.#saysWhether) for (const schema of this.#schemas.values()) this.#sayWhether(schema)
    })
  }

  #sayWhether(schema: FlowSchema): void {
    const { name } = schema.metadata
    const wanted = danglingCondition(schema, this.#parts.flow)
    const said = schema.status?.conditions?.find(({ type }) => type === wanted.type)
    if (said?.status === wanted.status && said.reason === wanted.reason && said.message === wanted.message) return
    if (this.#writing.has(name) || !this.#mayWrite(name)) return
    this.#writing.add(name)
    this.#last = this.#last
      .then(() => this.#write(name, wanted))
      .catch((error: unknown) => {
        if (!isNotFound(error)) this.#parts.onError(error, `flowschema ${name}`)
      })
      .finally(() => {
        this.#writing.delete(name)
        this.#changed()
      })
  }

  #mayWrite(name: string): boolean {
    const { clock, random } = this.#parts
    const nowMs = clock.monotonic()
    const lately = (this.#written.get(name) ?? []).filter((atMs) => nowMs - atMs < 60_000)
    if (lately.length < statusWritesMax) {
      this.#written.set(name, [...lately, nowMs])
      return true
    }
    this.#later ??= clock.after(30_000 + random.next() * 45_000, () => {
      this.#later = undefined
      this.#changed()
    })
    return false
  }

  async #write(name: string, condition: object): Promise<void> {
    const { registry, clock } = this.#parts
    const context = { ...loopbackContext(), manager, query: { fieldManager: manager, force: 'true' } }
    const { apiVersion, kind } = { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema' }
    const lastTransitionTime = timestampOf(clock.now())
    const body = {
      ...{ apiVersion, kind, metadata: { name } },
      status: { conditions: [{ ...condition, lastTransitionTime }] },
    } as unknown as KubeObject
    const change = applyChange(flowSchemas, body, name, context, 'status', clock.now())
    await registry.update(flowSchemas, undefined, name, { ...change, subresource: 'status' }, context)
  }
}

function isSameSpec(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  return before?.metadata.uid === after?.metadata.uid && before?.metadata.generation === after?.metadata.generation
}

/** Whether the level that a schema names is there, in Kubernetes' words. */
export function danglingCondition({ spec }: FlowSchema, flow: Pick<FlowControl, 'hasLevel'>) {
  const name = spec?.priorityLevelConfiguration.name ?? ''
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`
  return flow.hasLevel(name)
    ? { type: 'Dangling', status: 'False', reason: 'Found', message: `${about} and it exists` }
    : { type: 'Dangling', status: 'True', reason: 'NotFound', message: `${about} but there is no such object` }
}
