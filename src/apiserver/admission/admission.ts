import type { KubeObject } from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import type { Identity } from '../request.ts'

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
  warn(text: string): void
}

/** One admission plugin under its Kubernetes name. A refusal is a StatusError. */
export interface AdmissionPlugin {
  readonly name: string
  admit?(attributes: Attributes): Promise<void>
  validate?(attributes: Attributes): Promise<void>
}

/** The chain in Kubernetes' order: all `admit` first, `validate` once the object is complete. */
export interface Admission {
  admit(attributes: Attributes): Promise<void>
  validate(attributes: Attributes): Promise<void>
}

export function admissionChain(plugins: readonly AdmissionPlugin[]): Admission {
  return {
    async admit(attributes) {
      for (const plugin of plugins) await plugin.admit?.(attributes)
    },
    async validate(attributes) {
      for (const plugin of plugins) await plugin.validate?.(attributes)
    },
  }
}
