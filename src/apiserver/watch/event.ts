import type { ResourceDefinition } from '../../resources/index.ts'
import type { Change, Entry, Revision } from '../../store/index.ts'
import { selectableOf } from '../registry/draft.ts'
import type { Selection } from '../registry/selection.ts'

/** One event of a watch before it is rendered. `revision` may be newer than the entry's own (an object that left). */
export interface HubEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly entry: Entry | undefined
  readonly revision: Revision
  readonly initialEventsEnd?: boolean
  /** What the object was before, for those who must look at it in another version first. */
  readonly previous?: Entry | undefined
}

/** Of what was asked for, all the changes there are. */
export interface Asked {
  readonly definition: ResourceDefinition<any>
  readonly selection: Selection
}

/** What a change is to those who follow all objects of a kind. */
export function eventForAll({ type, entry, previous }: Change): HubEvent {
  const { modified: revision } = entry
  if (type === 'delete') return { type: 'DELETED', entry: previous, revision, previous }
  return { type: previous === undefined ? 'ADDED' : 'MODIFIED', entry, revision, previous }
}

/** Kubernetes: what counts is whether the object was and is selected; one that leaves is shown as it last matched. */
export function eventFor({ definition, selection }: Asked, change: Change): HubEvent | undefined {
  if (selection.everything) return eventForAll(change)
  const { type, entry, previous } = change
  const matches = (of: Entry | undefined) => of !== undefined && selection.matches(selectableOf(definition, of))
  const was = matches(previous)
  const revision = entry.modified
  if (type === 'delete') return was ? { type: 'DELETED', entry: previous, revision } : undefined
  const is = matches(entry)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', entry, revision }
  return was ? { type: 'DELETED', entry: previous, revision } : undefined
}

/** What an event of all objects is to somebody who selects some of them. */
export function reselected(
  definition: ResourceDefinition<any>,
  selection: Selection,
  event: HubEvent,
): HubEvent | undefined {
  const { type, entry, previous, revision } = event
  if (entry === undefined || selection.everything) return event
  const matches = (of: Entry | undefined) => of !== undefined && selection.matches(selectableOf(definition, of))
  const was = matches(previous)
  if (type === 'DELETED' || !matches(entry)) return was ? { type: 'DELETED', entry: previous, revision } : undefined
  return { type: was ? 'MODIFIED' : 'ADDED', entry, revision }
}
