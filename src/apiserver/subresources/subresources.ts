import type { ApiVerb } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Target } from '../handle/handle.ts'
import type { RequestContext, Result } from '../request.ts'

export type SpecialHandler = (target: Target, context: RequestContext) => Promise<Result>

/** Handlers by `group/plural[/subresource]`, for what the generic verbs do not cover. */
export interface Subresources {
  find(definition: ResourceDefinition<any>, subresource: string, verb: ApiVerb): SpecialHandler | undefined
}

/** A handler for all verbs of a subresource, or one per verb. */
export type HandlerTable = Readonly<Record<string, SpecialHandler | Partial<Record<ApiVerb, SpecialHandler>>>>

export function subresourcesFrom(customScale: SpecialHandler, ...tables: readonly HandlerTable[]): Subresources {
  const handlers = new Map(tables.flatMap((table) => Object.entries(table)))
  return {
    find({ group, plural, custom }, subresource, verb) {
      if (custom !== undefined) return subresource === 'scale' && custom.scale !== undefined ? customScale : undefined
      const key = subresource === '' ? `${group}/${plural}` : `${group}/${plural}/${subresource}`
      const handler = handlers.get(key)
      return typeof handler === 'function' ? handler : handler?.[verb]
    },
  }
}
