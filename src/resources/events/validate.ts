import {
  dns1123SubdomainErrors,
  type FieldError,
  invalid,
  qualifiedNameErrors,
  required,
  sameJson,
} from '../../machinery/index.ts'
import type { Event, EventsV1Event } from '../generated/types.ts'
import { immutableStruct } from '../validation/go-form.ts'
import { complaints, immutable } from '../validation/object-meta.ts'

const reporterLengthMax = 128
const actionLengthMax = 128
const reasonLengthMax = 128
const noteLengthMax = 1024
const bytesOf = (text: string) => new TextEncoder().encode(text).length

/** Times that are not set are written as null in some events. */
const isUnset = (value: unknown) => value === undefined || value === null

/** What an event of either group is checked for, in the words of the older one. */
interface CoreForm {
  readonly namespace: string
  readonly involvedNamespace: string
  readonly eventTime: unknown
  readonly reporter: string
  readonly instance: string
  readonly action: string
  readonly reason: string
  readonly message: string
}

function commonErrors(event: CoreForm, reporterField: string): readonly FieldError[] {
  const { namespace, involvedNamespace } = event
  const errors: FieldError[] = []
  const strange = () =>
    errors.push(invalid('involvedObject.namespace', involvedNamespace, 'does not match event.namespace'))
  if (isUnset(event.eventTime)) {
    // Kubernetes: events about what has no namespace live in `default`, and old clients may leave theirs out.
    if (involvedNamespace === '' ? !['', 'default'].includes(namespace) : namespace !== involvedNamespace) strange()
  } else {
    if (involvedNamespace === '' && namespace !== 'default' && namespace !== 'kube-system') strange()
    const limited = (field: string, value: string, max: number) => {
      if (bytesOf(value) > max) errors.push(invalid(field, '', `can have at most ${max} characters`))
    }
    if (event.reporter === '') errors.push(required(reporterField))
    errors.push(...complaints(reporterField, event.reporter, qualifiedNameErrors(event.reporter)))
    if (event.instance === '') errors.push(required('reportingInstance'))
    limited('reportingInstance', event.instance, reporterLengthMax)
    if (event.action === '') errors.push(required('action'))
    limited('action', event.action, actionLengthMax)
    if (event.reason === '') errors.push(required('reason'))
    limited('reason', event.reason, reasonLengthMax)
    limited('message', event.message, noteLengthMax)
  }
  return [...errors, ...complaints('namespace', namespace, dns1123SubdomainErrors(namespace))]
}

/** What is wrong with an event of the core group; of its metadata little is asked. */
export function eventErrors(event: Event): readonly FieldError[] {
  const form: CoreForm = {
    namespace: event.metadata.namespace ?? '',
    involvedNamespace: event.involvedObject?.namespace ?? '',
    eventTime: event.eventTime,
    reporter: event.reportingComponent ?? '',
    instance: event.reportingInstance ?? '',
    action: event.action ?? '',
    reason: event.reason ?? '',
    message: event.message ?? '',
  }
  return commonErrors(form, 'reportingComponent')
}

function sharedErrors(event: EventsV1Event): readonly FieldError[] {
  const form: CoreForm = {
    namespace: event.metadata.namespace ?? '',
    involvedNamespace: event.regarding?.namespace ?? '',
    eventTime: event.eventTime,
    reporter: event.reportingController ?? '',
    instance: event.reportingInstance ?? '',
    action: event.action ?? '',
    reason: event.reason ?? '',
    message: event.note ?? '',
  }
  return commonErrors(form, 'reportingController')
}

function seriesErrors({ series }: EventsV1Event): readonly FieldError[] {
  if (series === undefined) return []
  const errors: FieldError[] = []
  if ((series.count ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'))
  if (isUnset(series.lastObservedTime)) errors.push(required('series.lastObservedTime'))
  return errors
}

/** What is wrong with a new event of events.k8s.io, which has no room for what the core group's had. */
export function newerEventErrors(event: EventsV1Event): readonly FieldError[] {
  const errors = [...sharedErrors(event), ...seriesErrors(event)]
  if (isUnset(event.eventTime)) errors.push(required('eventTime'))
  if (event.type !== 'Normal' && event.type !== 'Warning')
    errors.push(invalid('type', '', `has invalid value: ${event.type ?? ''}`))
  const unset = (field: string, value: unknown) => {
    if (!isUnset(value) && value !== 0) errors.push(invalid(field, '', 'needs to be unset'))
  }
  unset('firstTimestamp', event.deprecatedFirstTimestamp)
  unset('lastTimestamp', event.deprecatedLastTimestamp)
  unset('count', event.deprecatedCount)
  unset('source', event.deprecatedSource?.component || event.deprecatedSource?.host || undefined)
  return errors
}

const textMembers: readonly (keyof EventsV1Event)[] = [
  'reason',
  'note',
  'type',
  'action',
  'reportingController',
  'reportingInstance',
]
const unsetText = (member: keyof EventsV1Event) => (textMembers.includes(member) ? '' : undefined)

/** What is wrong with a change of one: only its series may change. */
export function newerEventUpdateErrors(event: EventsV1Event, previous: EventsV1Event): readonly FieldError[] {
  const fixed: readonly (readonly [string, keyof EventsV1Event])[] = [
    ['involvedObject', 'regarding'],
    ['reason', 'reason'],
    ['message', 'note'],
    ['source', 'deprecatedSource'],
    ['firstTimestamp', 'deprecatedFirstTimestamp'],
    ['lastTimestamp', 'deprecatedLastTimestamp'],
    ['count', 'deprecatedCount'],
    ['reason', 'reason'],
    ['type', 'type'],
    ['eventTime', 'eventTime'],
    ['action', 'action'],
    ['related', 'related'],
    ['reportingController', 'reportingController'],
    ['reportingInstance', 'reportingInstance'],
  ]
  return [
    ...sharedErrors(event),
    ...(sameJson(event.series ?? null, previous.series ?? null) ? [] : seriesErrors(event)),
    ...fixed.flatMap(([field, member]) =>
      member === 'regarding' || member === 'related'
        ? immutableStruct('io.k8s.api.core.v1.ObjectReference', field, event[member], previous[member])
        : immutable(field, event[member] ?? unsetText(member), previous[member] ?? unsetText(member)),
    ),
  ]
}
