import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { EventsV1Event } from '../generated/types.ts'
import { eventsV1EventHooks } from './hooks.ts'

export const eventsV1Events = defineResource<EventsV1Event>('events.v1.events.k8s.io', eventsV1EventHooks)

/** Every resource of this group, in the order discovery would list them. */
export const eventsResources: readonly ResourceDefinition<any>[] = [eventsV1Events]
