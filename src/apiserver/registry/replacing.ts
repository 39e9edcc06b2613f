import type { KubeObject } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { RequestContext } from '../request.ts'
import { draftOf, isReadBody } from './draft.ts'
import { besideStatus } from './patching.ts'
import type { Change } from './write.ts'

/**
 * Kinds of which neither defaults nor strategy nor the server's own admission change anything in place, and whose lists are long: what a
 * writer left as it is in them stays the stored object's own.
 */
const kindsOfLongLists: ReadonlySet<string> = new Set(['/endpoints', 'discovery.k8s.io/endpointslices'])

/**
 * The change that puts an object in the place of the stored one. What a writer in this process took from the stored object, the very
 * same, is not read again where nobody changes it.
 */
export function replacement(
  definition: ResourceDefinition<any>,
  body: unknown,
  context: RequestContext,
  subresource: string,
): Change {
  const { group, plural } = definition
  const shares = !isReadBody(body) && (subresource === 'status' || kindsOfLongLists.has(`${group}/${plural}`))
  // What cannot be read is refused before anything is looked up.
  const draft = shares ? undefined : draftOf(definition, body, context)
  let isFirst = true
  return {
    // The first attempt may have it; another one starts from what was sent.
    next(current) {
      const within = isFirst ? context : { ...context, warnings: [] }
      const known = isFirst ? draft : undefined
      isFirst = false
      return known ?? draftOf(definition, body, within, shares ? knownOf(current, subresource) : undefined)
    },
    refuse: () => void (draft ?? draftOf(definition, body, context)),
    retry: false,
    createIfAbsent: definition.allowCreateOnUpdate,
  }
}

function knownOf(current: KubeObject | undefined, subresource: string): KubeObject | undefined {
  if (current === undefined) return undefined
  // Metadata itself is written to; what it holds is not.
  return subresource === 'status' ? besideStatus(current) : { ...current, metadata: { ...current.metadata } }
}
