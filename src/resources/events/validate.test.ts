import assert from 'node:assert/strict'
import { test } from 'node:test'
import { events, eventsV1Events } from '../index.ts'

const texts = (errors: readonly { readonly field: string; readonly message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)
const older = (more: object = {}, metadata: object = {}): any => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'tea.1', namespace: 'default', ...metadata },
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'tea' },
  ...more,
})
const newer = (more: object = {}): any => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'tea.1', namespace: 'default' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'example.com/kettle',
  reportingInstance: 'kettle-1',
  action: 'Boil',
  reason: 'Boiled',
  type: 'Normal',
  regarding: { kind: 'Pod', namespace: 'default', name: 'tea' },
  ...more,
})

test('an event of the core group may have a prefix that ends in a dot, and any name that fits in a path', () => {
  assert.deepEqual(texts(events.validate(older({}, { generateName: 'tea.', name: 'tea.x1y2z' }))), [])
  assert.deepEqual(texts(events.validate(older({}, { name: 'Tea_1' }))), [])
  assert.deepEqual(texts(events.validate(older({}, { name: 'a/b' }))), [
    'metadata.name: Invalid value: "a/b": may not contain \'/\'',
  ])
})

test('an event lives where its object lives', () => {
  const elsewhere = { involvedObject: { kind: 'Pod', namespace: 'other' } }
  const nowhere = { involvedObject: { kind: 'Node', name: 'n' } }
  assert.deepEqual(texts(events.validate(older(elsewhere))), [
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ])
  assert.deepEqual(texts(events.validate(older(nowhere))), [])
  assert.deepEqual(texts(events.validate(older({ ...nowhere, eventTime: null, firstTimestamp: null }))), [])
  assert.deepEqual(texts(events.validate(older(nowhere, { namespace: 'kube-system' }))), [
    'involvedObject.namespace: Invalid value: "": does not match event.namespace',
  ])
})

test('with an event time the newer fields are asked for, in the names of the group that is asked', () => {
  const eventTime = '2026-01-01T00:00:00.000000Z'
  const reporter = [
    'Invalid value: "": name part must be non-empty',
    "Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ]
  assert.deepEqual(texts(events.validate(older({ eventTime }))), [
    'reportingComponent: Required value',
    ...reporter.map((text) => `reportingComponent: ${text}`),
    'reportingInstance: Required value',
    'action: Required value',
    'reason: Required value',
  ])
  assert.deepEqual(texts(eventsV1Events.validate(newer())), [])
  assert.deepEqual(texts(eventsV1Events.validate(newer({ reportingController: undefined, note: 'x'.repeat(1025) }))), [
    'reportingController: Required value',
    ...reporter.map((text) => `reportingController: ${text}`),
    'message: Invalid value: "": can have at most 1024 characters',
  ])
})

test('events.k8s.io wants a type and a series that is one, and nothing of the older form', () => {
  assert.deepEqual(
    texts(
      eventsV1Events.validate(
        newer({
          type: 'Bad',
          series: { count: 1, lastObservedTime: '2026-01-01T00:00:00.000000Z' },
          deprecatedCount: 3,
        }),
      ),
    ),
    [
      'series.count: Invalid value: "": should be at least 2',
      'type: Invalid value: "": has invalid value: Bad',
      'count: Invalid value: "": needs to be unset',
    ],
  )
})

test('of an event of events.k8s.io only the series may change', () => {
  const series = { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' }
  assert.deepEqual(texts(eventsV1Events.validateUpdate(newer({ series }), newer())), [])
  assert.deepEqual(texts(eventsV1Events.validateUpdate(newer({ note: 'other' }), newer())), [
    'message: Invalid value: "other": field is immutable',
  ])
  assert.deepEqual(texts(events.validateUpdate(older({ message: 'other' }), older())), [])
})
