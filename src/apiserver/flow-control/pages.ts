import type { Clock } from '../../machinery/index.ts'
import type { FlowControl } from './flow-control.ts'
import type { Level } from './level.ts'
import type { Turn } from './turn.ts'

/** Where the pages about flow control are. */
export const flowPagesRoot = '/debug/api_priority_and_fairness/'

/** The page of that path as text; undefined when there is none. */
export function flowPage(flow: FlowControl, clock: Clock, path: string, search: URLSearchParams): string | undefined {
  if (!path.startsWith(flowPagesRoot)) return undefined
  switch (path.slice(flowPagesRoot.length)) {
    case 'dump_priority_levels':
      return table([levelColumns, ...levelsOf(flow).map(levelRow)])
    case 'dump_queues':
      return table([queueColumns, ...levelsOf(flow).flatMap(queueRows)])
    case 'dump_requests': {
      const details = (search.get('includeRequestDetails') ?? '') !== ''
      const columns = details ? [...requestColumns, ...detailColumns] : requestColumns
      return table([columns, ...levelsOf(flow).flatMap((level) => requestRows(level, details, clock))])
    }
    default:
      return undefined
  }
}

const levelColumns = [
  'PriorityLevelName',
  'ActiveQueues',
  'IsIdle',
  'IsQuiescing',
  'WaitingRequests',
  'ExecutingRequests',
  'DispatchedRequests',
  'RejectedRequests',
  'TimedoutRequests',
  'CancelledRequests',
]
const queueColumns = [
  'PriorityLevelName',
  'Index',
  'PendingRequests',
  'ExecutingRequests',
  'SeatsInUse',
  'NextDispatchR',
  'InitialSeatsSum',
  'MaxSeatsSum',
  'TotalWorkSum',
]
const requestColumns = [
  'PriorityLevelName',
  'FlowSchemaName',
  'QueueIndex',
  'RequestIndexInQueue',
  // Kubernetes spells it so.
  'FlowDistingsher',
  'ArriveTime',
  'InitialSeats',
  'FinalSeats',
  'AdditionalLatency',
  'StartTime',
]
const detailColumns = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource']

function levelsOf({ levels }: FlowControl): readonly Level[] {
  return [...levels.values()].toSorted((a, b) => (a.settings.name < b.settings.name ? -1 : 1))
}

function levelRow({ settings, queues, quiescing }: Level): readonly string[] {
  const active = queues.queues.filter(({ waiting }) => waiting.size > 0).length
  const { waiting, executing, counts } = queues
  const { dispatched, rejected, cancelled } = counts
  return [settings.name, active, queues.isIdle, quiescing, waiting, executing, dispatched, rejected, 0, cancelled].map(
    String,
  )
}

function queueRows({ settings, queues }: Level): readonly (readonly string[])[] {
  return queues.queues.map((queue) => {
    const { initialSeats, maxSeats, work } = queue.sums()
    return [
      settings.name,
      String(queue.index),
      String(queue.waiting.size),
      String(queue.executing.size),
      String(queue.seatsInUse),
      seatSeconds(queue.nextR),
      String(initialSeats),
      String(maxSeats),
      seatSeconds(work),
    ]
  })
}

function requestRows({ settings, queues }: Level, details: boolean, clock: Clock): readonly (readonly string[])[] {
  const wall = (atMs: number) => new Date(clock.now() - (clock.monotonic() - atMs)).toISOString()
  const row = (turn: Turn, queue: number, place: number) => {
    const { asked, tally, distinguisher, width } = turn
    const common = [
      settings.name,
      tally.schema,
      String(queue),
      String(place),
      distinguisher,
      wall(turn.arrivedMs),
      String(width.initialSeats),
      String(width.finalSeats),
      width.lingerMs === 0 ? '0s' : `${width.lingerMs}ms`,
      turn.state === 'waiting' ? '0001-01-01T00:00:00Z' : wall(turn.startedMs),
    ]
    const { group, version = '', path, verb, namespace, name, resource, subresource, identity } = asked
    const groupVersion = group === '' ? version : `${group}/${version}`
    return details
      ? [...common, identity.name, verb, path, namespace, name, groupVersion, resource, subresource]
      : common
  }
  return [
    ...queues.queues.flatMap((queue) => [
      ...[...queue.waiting].map((turn, place) => row(turn, queue.index, place)),
      ...[...queue.executing].map((turn) => row(turn, queue.index, -1)),
    ]),
    ...[...queues.loose].map((turn) => row(turn, -1, -1)),
  ]
}

/** Kubernetes: seat-seconds with eight decimals. */
function seatSeconds(value: number): string {
  return `${value.toFixed(8)}ss`
}

/** Cells with commas after them, in columns of equal width. */
function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.entries())
      if (column < row.length - 1) widths[column] = Math.max(widths[column] ?? 0, Math.max(8, cell.length + 2))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : `${cell},`.padEnd(widths[column]!))).join('')
  return rows.map((row) => `${line(row)}\n`).join('')
}
