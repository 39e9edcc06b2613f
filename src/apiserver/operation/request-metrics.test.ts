import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import { routeOf } from '../http/route.ts'
import { type Measured, measuredVerb, requestMetrics } from './request-metrics.ts'

const request = (method: string, uri: string, contentType?: string): Measured => {
  const { pathname, searchParams } = new URL(uri, 'http://localhost')
  return { method, path: pathname, route: routeOf(pathname), search: searchParams, contentType }
}

test('requests are counted under the verbs that Kubernetes counts them under', () => {
  const cases: readonly [string, string, string, string?][] = [
    ['GET', '/api/v1/pods', 'LIST'],
    ['GET', '/api/v1/namespaces/shop', 'GET'],
    ['GET', '/api/v1/namespaces/shop/pods/web', 'GET'],
    ['GET', '/api/v1/pods?watch=true', 'WATCH'],
    ['GET', '/api/v1/watch/pods', 'WATCH'],
    ['POST', '/api/v1/namespaces/shop/pods', 'POST'],
    ['PUT', '/api/v1/namespaces/shop/pods/web/status', 'PUT'],
    ['PATCH', '/api/v1/namespaces/shop/pods/web', 'PATCH', 'application/merge-patch+json'],
    ['PATCH', '/api/v1/namespaces/shop/pods/web', 'APPLY', 'application/apply-patch+yaml'],
    ['DELETE', '/api/v1/namespaces/shop/pods', 'DELETE'],
    ['GET', '/api/v1/namespaces/shop/pods/web/log', 'CONNECT'],
    ['GET', '/livez', 'GET'],
    ['BREW', '/api/v1/pods', 'other'],
  ]
  for (const [method, uri, verb, type] of cases) assert.equal(measuredVerb(request(method, uri, type)), verb, uri)
})

test('what is measured of requests has the labels of Kubernetes', () => {
  const metrics = new Metrics()
  const measures = requestMetrics(metrics)
  const usual = { seconds: 0.01, elsewhereSeconds: 0, deprecated: false, aborted: false }
  const create = request('POST', '/apis/apps/v1/namespaces/shop/deployments?dryRun=All')
  measures.finished(create, { ...usual, code: 201, bytes: 900 })
  measures.finished(request('GET', '/api/v1/endpoints'), { ...usual, code: 200, bytes: 900, deprecated: true })
  measures.finished(request('GET', '/livez/ping'), { ...usual, code: 200, bytes: 2 })
  measures.finished(request('GET', '/apis'), { ...usual, code: 200, bytes: 2 })
  const watch = measures.lasting(request('GET', '/api/v1/namespaces/shop/pods?watch=1'))
  measures.authenticated({ name: 'jane', groups: [] }, 0.001)
  measures.authenticated(undefined, 0.001)
  const lines = () =>
    metrics
      .text()
      .split('\n')
      .filter((line) =>
        /^(apiserver_(request_total|requested|longrunning|response_sizes_count)|authent.*(attempts|user))/.test(line),
      )
  assert.deepEqual(lines(), [
    'apiserver_request_total{component="apiserver",dry_run="All",group="apps",resource="deployments",scope="resource",subresource="",verb="POST",version="v1",code="201"} 1',
    'apiserver_request_total{component="apiserver",dry_run="",group="",resource="endpoints",scope="cluster",subresource="",verb="LIST",version="v1",code="200"} 1',
    'apiserver_request_total{component="apiserver",dry_run="",group="",resource="",scope="",subresource="/livez/ping",verb="GET",version="",code="200"} 1',
    'apiserver_response_sizes_count{component="apiserver",group="",resource="endpoints",scope="cluster",subresource="",verb="LIST",version="v1"} 1',
    'apiserver_response_sizes_count{component="apiserver",group="",resource="",scope="",subresource="/livez/ping",verb="GET",version=""} 1',
    'apiserver_requested_deprecated_apis{group="",version="v1",resource="endpoints",subresource="",removed_release=""} 1',
    'apiserver_longrunning_requests{component="apiserver",group="",resource="pods",scope="namespace",subresource="",verb="WATCH",version="v1"} 1',
    'authentication_attempts{result="success"} 1',
    'authentication_attempts{result="failure"} 1',
    'authenticated_user_requests{username="other"} 1',
  ])
  watch[Symbol.dispose]()
  assert.match(metrics.text(), /apiserver_longrunning_requests\{.*verb="WATCH",version="v1"\} 0/)
})

test('what callers wait for elsewhere is not in what is promised them, and what they lose by it is counted', () => {
  const metrics = new Metrics()
  const measures = requestMetrics(metrics)
  const create = request('POST', '/api/v1/namespaces/shop/pods?fieldValidation=Strict')
  const slow = { seconds: 3, elsewhereSeconds: 2.99, bytes: 900, deprecated: false }
  measures.finished(create, { ...slow, code: 201, bodyBytes: 60_000, aborted: false })
  measures.finished(create, { ...slow, code: 201, aborted: true })
  measures.turnedAway(create, 429)
  measures.certificateLasts(3000)
  const lines = metrics.text().split('\n')
  const value = (start: string) =>
    lines
      .find((line) => line.startsWith(start))
      ?.split(' ')
      .at(-1)
  const labels =
    'component="apiserver",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"'
  assert.deepEqual(
    [
      value(`apiserver_request_sli_duration_seconds_bucket{${labels},le="0.05"}`),
      value('apiserver_request_body_size_bytes_bucket{group="",resource="pods",verb="create",le="50000"}'),
      value('apiserver_request_body_size_bytes_bucket{group="",resource="pods",verb="create",le="150000"}'),
      value('apiserver_request_aborts_total{group="",resource="pods"'),
      value(`apiserver_request_terminations_total{code="429",${labels}}`),
      value('field_validation_request_duration_seconds_count{field_validation="Strict"}'),
      value('apiserver_client_certificate_expiration_seconds_bucket{le="1800"}'),
      value('apiserver_client_certificate_expiration_seconds_bucket{le="3600"}'),
    ],
    ['2', '0', '1', '1', '1', '2', '0', '1'],
  )
})
