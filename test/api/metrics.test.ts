import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi } from '../fixtures/api.ts'

const hook = (name: string, more: object = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name },
  webhooks: [
    {
      name: `${name}.example.com`,
      clientConfig: { url: `https://${name}.example.com/` },
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...more,
    },
  ],
})
const webhooks = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingwebhookconfigurations',
  verb: 'create',
} as const

test('admission, health checks, stored objects and the build are measured under Kubernetes’ names', async () => {
  await using api = await startApi()
  await api.call({ ...webhooks, body: hook('deny') })
  await api.call({ ...webhooks, body: hook('gone', { failurePolicy: 'Ignore' }) })
  api.answerAt('deny.example.com', ({ request }) => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.uid, allowed: false, status: { code: 418 } },
  }))
  const path = '/api/v1/namespaces/default/configmaps'
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } }
  const refused = await api.http('POST', path, { body })
  assert.equal(refused.code, 418)
  await api.http('GET', '/readyz')
  const { body: text } = await api.http('GET', '/metrics')
  for (const line of [
    'apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="true",type="validate"} 1',
    'apiserver_admission_controller_admission_duration_seconds_count{name="ValidatingAdmissionWebhook",operation="CREATE",rejected="true",type="validate"} 1',
    'apiserver_admission_webhook_admission_duration_seconds_count{name="deny.example.com",operation="CREATE",rejected="true",type="validating"} 1',
    'apiserver_admission_webhook_rejection_count{error_type="no_error",name="deny.example.com",operation="CREATE",rejection_code="418",type="validating"} 1',
    'apiserver_admission_webhook_fail_open_count{name="gone.example.com",type="validating"} 1',
    'apiserver_storage_objects{resource="prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"} 8',
    'apiserver_storage_objects{resource="secrets"} 0',
  ])
    assert.ok(
      text.includes(`${line}\n`),
      `${line} in\n${text
        .split('\n')
        .filter((one) => one.startsWith(line.split('{')[0]!))
        .join('\n')}`,
    )
  assert.match(text, /^kubernetes_build_info\{.*git_version="v1\.36\.0".*\} 1$/m)
  const slis = await api.http('GET', '/metrics/slis')
  assert.match(slis.body, /^kubernetes_healthcheck\{name="etcd",type="readyz"\} 1$/m)
  assert.match(slis.body, /^kubernetes_healthchecks_total\{name="etcd",status="success",type="readyz"\} 1$/m)
})
