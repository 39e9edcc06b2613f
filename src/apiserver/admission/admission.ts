import type { KubeObject, Series } from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Identity } from '../request.ts'
import type { AdmissionMeasures } from './measures.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** One write as admission sees it. `object` may be changed by `admit`; it is undefined for deletes. */
export interface Attributes {
  readonly operation: Operation
  readonly definition: ResourceDefinition<any>
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  object: Draft
  readonly previous: KubeObject | undefined
  readonly identity: Identity
  readonly dryRun: boolean
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions, as the caller gave them. */
  readonly options?: object
  /** The kind of the body, where it is not the resource's own. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string }
  /** Who is to be asked once more, because the object was changed after they were asked. */
  readonly again: Again
  /** What the object has in common with others that are made of the same template. */
  readonly alike?: { readonly suffix: string }
  /** The trace the write is part of. */
  readonly traceparent?: string
  /** Told how long somebody outside was waited for, in ms. */
  readonly waited?: (ms: number) => void
  warn(text: string): void
  /** Undoes something that was done for the write, should it not be stored. */
  onFailure(undo: () => Promise<void>): void
  /** Leaves a note in the audit log. */
  annotate(key: string, value: string): void
}

/** Kubernetes: mutating plugins are asked at most twice, the second time only those that something later concerns. */
export interface Again {
  wanted: boolean
  isSecondRound: boolean
  /** Webhooks and policies that were asked and want to know of later changes. */
  readonly asked: Set<string>
  /** Those of them that there is something new for. */
  readonly due: Set<string>
}

export const askedNobody = (): Again => ({ wanted: false, isSecondRound: false, asked: new Set(), due: new Set() })

/** One admission plugin under its Kubernetes name. A refusal is a StatusError. */
export interface AdmissionPlugin {
  readonly name: string
  /** The `group/plural` of all that concerns it, subresources included; without it everything may. */
  readonly resources?: readonly string[]
  admit?(attributes: Attributes): Promise<void>
  validate?(attributes: Attributes): Promise<void>
}

/** The chain in Kubernetes' order: all `admit` first, `validate` once the object is complete. */
export interface Admission {
  admit(attributes: Attributes): Promise<void>
  validate(attributes: Attributes): Promise<void>
}

/** The plugins that a kind concerns at one step, and what of each is measured, by operation. */
interface Step {
  readonly type: 'admit' | 'validate'
  readonly plugins: readonly AdmissionPlugin[]
  readonly series: Map<Operation, readonly Series[]>
}

export function admissionChain(plugins: readonly AdmissionPlugin[], measures?: AdmissionMeasures): Admission {
  const byResource = new WeakMap<ResourceDefinition<any>, { readonly admit: Step; readonly validate: Step }>()
  const stepsFor = (definition: ResourceDefinition<any>) => {
    const known = byResource.get(definition)
    if (known !== undefined) return known
    const { group, plural } = definition
    const concerned = plugins.filter(({ resources }) => resources?.includes(`${group}/${plural}`) !== false)
    const stepOf = (type: Step['type']): Step => ({
      type,
      plugins: concerned.filter((plugin) => plugin[type] !== undefined),
      series: new Map(),
    })
    const made = { admit: stepOf('admit'), validate: stepOf('validate') }
    byResource.set(definition, made)
    return made
  }
  /** One plugin after the other; each ends where the next one begins, so that the clock is read once for both. */
  const ask = async ({ type, plugins: concerned, series: known }: Step, attributes: Attributes) => {
    if (measures === undefined) {
      for (const plugin of concerned) await plugin[type]!(attributes)
      return
    }
    const { operation } = attributes
    let series = known.get(operation)
    if (series === undefined) {
      series = concerned.map(({ name }) => measures.plugin(name, type, operation, false))
      known.set(operation, series)
    }
    const startedMs = measures.now()
    let beganMs = startedMs
    let at = 0
    try {
      for (; at < concerned.length; at++) {
        await concerned[at]![type]!(attributes)
        const endedMs = measures.now()
        series[at]!.observe((endedMs - beganMs) / 1000)
        beganMs = endedMs
      }
    } finally {
      const endedMs = measures.now()
      const refusing = concerned[at]
      if (refusing !== undefined)
        measures.plugin(refusing.name, type, operation, true).observe((endedMs - beganMs) / 1000)
      measures.step(type, operation, refusing !== undefined, endedMs - startedMs)
    }
  }
  return {
    async admit(attributes) {
      const { admit } = stepsFor(attributes.definition)
      await ask(admit, attributes)
      if (!attributes.again.wanted) return
      attributes.again.isSecondRound = true
      await ask(admit, attributes)
    },
    validate: (attributes) => ask(stepsFor(attributes.definition).validate, attributes),
  }
}
