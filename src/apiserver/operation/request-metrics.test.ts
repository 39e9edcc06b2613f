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
  const create = request('POST', '/apis/apps/v1/namespaces/shop/deployments?dryRun=All')
  measures.finished(create, { code: 201, seconds: 0.01, bytes: 900, deprecated: false })
  measures.finished(request('GET', '/api/v1/endpoints'), { code: 200, seconds: 0.01, bytes: 900, deprecated: true })
  measures.finished(request('GET', '/livez/ping'), { code: 200, seconds: 0.01, bytes: 2, deprecated: false })
  measures.finished(request('GET', '/apis'), { code: 200, seconds: 0.01, bytes: 2, deprecated: false })
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
