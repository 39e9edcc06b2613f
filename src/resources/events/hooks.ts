import { eventsV1EventCells } from '../core/cells.ts'
import type { HooksFor } from '../define.ts'
import type { EventsV1Event } from '../generated/types.ts'
import { textAt } from '../strategy.ts'
import { newerEventErrors, newerEventUpdateErrors } from './validate.ts'

export const eventsV1EventHooks: HooksFor<EventsV1Event> = {
  cells: eventsV1EventCells,
  checks: { create: newerEventErrors, update: newerEventUpdateErrors },
  allowCreateOnUpdate: true,
  // Selections look at what is stored, and that is the core group's form.
  field: (event, label) =>
    textAt(
      event,
      label.replace(/^regarding\./, 'involvedObject.').replace(/^reportingController$/, 'reportingComponent'),
    ),
}
