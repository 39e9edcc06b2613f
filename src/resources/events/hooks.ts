import { eventsV1EventCells } from '../core/cells.ts'
import type { HooksFor } from '../define.ts'
import type { EventsV1Event } from '../generated/types.ts'

export const eventsV1EventHooks: HooksFor<EventsV1Event> = { cells: eventsV1EventCells, allowCreateOnUpdate: true }
