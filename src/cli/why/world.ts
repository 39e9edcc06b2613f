import type { Client } from '../../client/index.ts'
import { isNotFound, msOf } from '../../machinery/index.ts'
import { type Event, events } from '../../resources/index.ts'

/** What explanations read. */
export interface World {
  readonly client: Client
  readonly nowMs: number
}

/** The value, or undefined when there is no such thing. */
export async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Events about an object, the newest first. */
export async function eventsAbout(
  { client }: World,
  object: { readonly kind: string; readonly metadata: { readonly name: string; readonly namespace?: string } },
): Promise<readonly Event[]> {
  const { name, namespace = 'default' } = object.metadata
  const fieldSelector = `involvedObject.kind=${object.kind},involvedObject.name=${name}`
  const { items } = await client.list<Event>(events, { namespace, fieldSelector })
  return items.toSorted((a, b) => lastMs(b) - lastMs(a))
}

function lastMs(event: Event): number {
  const text =
    event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp
  return text === undefined || text === null ? 0 : msOf(text)
}

/** How an object is named in findings. */
export function aboutText(
  kind: string,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): string {
  return namespace === undefined || namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`
}
