import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, seededRandom } from '../../machinery/index.ts'
import { type Span, spanName, Tracer } from './tracer.ts'

const remote = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const request = {
  method: 'GET',
  path: '/api/v1/nodes',
  url: '/api/v1/nodes?limit=5',
  auditId: 'a',
  userAgent: 'kubectl/v1.36',
}
const admin = { name: 'admin', groups: ['system:masters'] }
const other = { name: 'other', groups: ['system:authenticated'] }

function tracerOf(samplingRatePerMillion: number) {
  const clock = manualClock()
  const spans: Span[] = []
  const sink = (span: Span) => void spans.push(span)
  return { clock, spans, tracer: new Tracer({ clock, random: seededRandom(1), samplingRatePerMillion, sink }) }
}

test('a trusted caller decides for its trace, and the span is a child of its own', () => {
  const { clock, spans, tracer } = tracerOf(0)
  const span = tracer.begin({ ...request, traceparent: remote, identity: admin })
  assert.match(span.traceparent, /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/)
  clock.advance(25)
  span.end(200)
  const [only] = spans
  assert.equal(only?.parentSpanId, '00f067aa0ba902b7')
  assert.equal(only.endMs - only.startMs, 25)
  assert.equal(only.attributes['http.target'], '/api/v1/nodes?limit=5')
  assert.equal(only.attributes['http.response.status_code'], 200)
  tracer.begin({ ...request, traceparent: undefined, identity: admin }).end(200)
  assert.equal(spans.length, 1, 'what nobody sampled is not sent')
})

test('what others say of traces is linked to, and chance decides', () => {
  const { spans, tracer } = tracerOf(1_000_000)
  tracer.begin({ ...request, traceparent: remote, identity: other }).end(503)
  const [only] = spans
  assert.notEqual(only?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736')
  assert.equal(only?.parentSpanId, '')
  assert.equal(only.link?.spanId, '00f067aa0ba902b7')
  assert.equal(only.isError, true)
})

test('spans are named by what is asked for, without names', () => {
  for (const [path, wanted] of [
    ['/api/v1/namespaces/default/pods/web-1/log', 'GET /api/v1/namespaces/{:namespace}/pods/{:name}/log'],
    ['/apis/apps/v1/namespaces/default/deployments', 'GET /apis/apps/v1/namespaces/{:namespace}/deployments'],
    ['/api/v1/nodes/n1', 'GET /api/v1/nodes/{:name}'],
    ['/api/v1/namespaces', 'GET /api/v1/namespaces'],
    ['/api/v1/namespaces/default', 'GET /api/v1/namespaces/{:namespace}/namespaces/{:name}'],
    ['/healthz', 'GET'],
    ['/apis/apps/v1', 'GET'],
  ] as const)
    assert.equal(spanName('GET', path), wanted)
})
