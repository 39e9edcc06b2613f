/** Spans of requests, and what is told of them to webhooks that are called on the way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi } from '../fixtures/api.ts'

test('a request that is traced has one span, and its webhooks are told which', async () => {
  const spans: any[] = []
  await using api = await startApi({
    tracing: { samplingRatePerMillion: 1_000_000, sink: (span) => void spans.push(span) },
  })
  let told: unknown
  api.answerAt('hook.example.com', (review, _path, headers) => {
    told = headers.traceparent
    return { ...review, response: { uid: review.request.uid, allowed: true } }
  })
  await api.call({
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    resource: 'validatingwebhookconfigurations',
    verb: 'create',
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'hook' },
      webhooks: [
        {
          name: 'hook.example.com',
          clientConfig: { url: 'https://hook.example.com/x' },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    },
  })
  const answer = await api.http('POST', '/api/v1/namespaces/default/configmaps', {
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } },
  })
  assert.equal(answer.code, 201)
  const [only] = spans
  assert.equal(spans.length, 1)
  assert.equal(only.name, 'POST /api/v1/namespaces/{:namespace}/configmaps')
  assert.equal(only.attributes['http.response.status_code'], 201)
  assert.equal(only.attributes['audit-id'], answer.headers['audit-id'])
  assert.equal(told, `00-${only.traceId}-${only.spanId}-01`)
})
