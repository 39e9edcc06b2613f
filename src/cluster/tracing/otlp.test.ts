/** Spans of requests at a collector that speaks OTLP over gRPC. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import type { SpanSink } from '../../apiserver/index.ts'
import { manualClock, silentLog } from '../../machinery/index.ts'
import { openExporter } from './otlp.ts'
import { otlpDescriptor } from './spans.ts'

async function startCollector() {
  const definition = loader.fromJSON(otlpDescriptor as never, { longs: String, bytes: String, defaults: false }) as any
  const received: any[] = []
  let told = () => {}
  const server = new grpc.Server()
  server.addService(definition['opentelemetry.proto.collector.trace.v1.TraceService'], {
    Export(call: any, done: (error: null, reply: object) => void) {
      received.push(call.request)
      done(null, {})
      told()
    },
  } as never)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    ),
  )
  return {
    endpoint: `127.0.0.1:${port}`,
    received,
    next: () =>
      new Promise<void>((resolve) => {
        told = resolve
      }),
    [Symbol.dispose]: () => server.forceShutdown(),
  }
}

const span = (name: string): Parameters<SpanSink>[0] => ({
  name,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: '',
  startMs: 1_700_000_000_000,
  endMs: 1_700_000_000_012.5,
  attributes: { 'http.response.status_code': 503, 'audit-id': 'a' },
  link: undefined,
  isError: true,
})

test('spans reach a collector in batches, after a while or when it ends, as OTLP has them', async () => {
  using collector = await startCollector()
  const clock = manualClock()
  const resource = { 'service.name': 'apiserver' }
  const exporter = await openExporter({ endpoint: collector.endpoint, resource, clock, log: silentLog })
  const arrived = collector.next()
  exporter.sink(span('GET /api/v1/nodes'))
  exporter.sink(span('GET'))
  assert.equal(collector.received.length, 0)
  clock.advance(5000)
  await arrived
  const [{ resource: about, scopeSpans }] = collector.received[0].resourceSpans
  assert.deepEqual(about.attributes, [{ key: 'service.name', value: { stringValue: 'apiserver' } }])
  const [first, second] = scopeSpans[0].spans
  assert.equal(second.name, 'GET')
  assert.equal(Buffer.from(first.traceId, 'base64').toString('hex'), '4bf92f3577b34da6a3ce929d0e0e4736')
  assert.equal(first.startTimeUnixNano, '1700000000000000000')
  assert.equal(first.endTimeUnixNano, '1700000000012500000')
  assert.deepEqual([first.kind, first.status.code, first.attributes[0].value.intValue], [2, 2, '503'])
  exporter.sink(span('last'))
  await exporter.close()
  assert.equal(collector.received[1].resourceSpans[0].scopeSpans[0].spans[0].name, 'last')
})

test('what a collector that is away does not take is dropped, and nobody waits for it', async () => {
  const warned: string[] = []
  const log = { ...silentLog, warn: (text: string) => void warned.push(text) }
  const exporter = await openExporter({ endpoint: '127.0.0.1:1', resource: {}, clock: manualClock(), log })
  for (let at = 0; at < 3000; at++) exporter.sink(span('one'))
  await exporter.close()
  assert.ok(warned.includes('spans could not be sent'))
  assert.ok(warned.some((text) => text.startsWith('spans were dropped')))
})
