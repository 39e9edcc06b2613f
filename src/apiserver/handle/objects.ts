import { asVersion } from '../registry/draft.ts'
import { apiVersionOf, objectOf } from '../registry/encoding.ts'
import type { Result } from '../request.ts'

/** What a request came to, as one JSON object; undefined for a watch, which comes to many. */
export function objectOfResult(result: Result): object | undefined {
  switch (result.type) {
    case 'list':
      return listObject(result)
    case 'object':
      return result.object
    case 'value':
      return result.body
    default:
      return undefined
  }
}

/** A list as its kind's List object. */
export function listObject({
  definition,
  entries,
  revision,
  continue: token,
  remaining,
}: Result & { type: 'list' }): object {
  return {
    kind: definition.listKind,
    apiVersion: apiVersionOf(definition),
    metadata: {
      resourceVersion: String(revision),
      ...(token === undefined ? {} : { continue: token }),
      ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
    },
    items: entries.map((entry) => asVersion(definition, objectOf(definition, entry))),
  }
}
