import type { KubeObject } from '../../machinery/index.ts'
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
  /** The trace the write is part of. */
  readonly traceparent?: string
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

export function admissionChain(plugins: readonly AdmissionPlugin[], measures?: AdmissionMeasures): Admission {
  const byResource = new WeakMap<ResourceDefinition<any>, ReturnType<typeof concernedWith>>()
  const concernedWith = ({ group, plural }: ResourceDefinition<any>) => {
    const concerned = plugins.filter(({ resources }) => resources?.includes(`${group}/${plural}`) !== false)
    return {
      mutating: concerned.filter(({ admit }) => admit !== undefined),
      validating: concerned.filter(({ validate }) => validate !== undefined),
    }
  }
  /** One plugin after the other; each ends where the next one begins, so that the clock is read once for both. */
  const ask = async (type: 'admit' | 'validate', concerned: readonly AdmissionPlugin[], attributes: Attributes) => {
    const { operation } = attributes
    const startedMs = measures?.now() ?? 0
    let beganMs = startedMs
    let rejected = true
    let current: AdmissionPlugin | undefined
    try {
      for (current of concerned) {
        await current[type]!(attributes)
        const endedMs = measures?.now() ?? 0
        measures?.plugin(current.name, type, operation, false, endedMs - beganMs)
        beganMs = endedMs
      }
      rejected = false
    } finally {
      if (measures !== undefined) {
        const endedMs = measures.now()
        if (rejected && current !== undefined) measures.plugin(current.name, type, operation, true, endedMs - beganMs)
        measures.step(type, operation, rejected, endedMs - startedMs)
      }
    }
  }
  const pluginsFor = (definition: ResourceDefinition<any>) => {
    let found = byResource.get(definition)
    if (found === undefined) {
      found = concernedWith(definition)
      byResource.set(definition, found)
    }
    return found
  }
  return {
    async admit(attributes) {
      const { mutating } = pluginsFor(attributes.definition)
      await ask('admit', mutating, attributes)
      if (!attributes.again.wanted) return
      attributes.again.isSecondRound = true
      await ask('admit', mutating, attributes)
    },
    validate: (attributes) => ask('validate', pluginsFor(attributes.definition).validating, attributes),
  }
}
