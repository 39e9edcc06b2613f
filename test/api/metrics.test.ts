import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi } from '../fixtures/api.ts'
import { until } from '../fixtures/until.ts'

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
  const matchConditions = [{ name: 'never', expression: 'request.name == "other"' }]
  await api.call({ ...webhooks, body: hook('elsewhere', { matchConditions }) })
  api.answerAt('deny.example.com', ({ request }) => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.uid, allowed: false, status: { code: 418 } },
  }))
  const path = '/api/v1/namespaces/default/configmaps'
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } }
  const refused = await api.http('POST', path, { body })
  assert.equal(refused.code, 418)
  assert.match(
    (await api.http('GET', '/metrics/slis')).body,
    /^kubernetes_healthcheck\{name="etcd",type="healthz"\} 1$/m,
  )
  await api.http('GET', '/readyz')
  const { body: text } = await api.http('GET', '/metrics')
  for (const line of [
    'apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="true",type="validate"} 1',
    'apiserver_admission_controller_admission_duration_seconds_count{name="ValidatingAdmissionWebhook",operation="CREATE",rejected="true",type="validate"} 1',
    'apiserver_admission_webhook_admission_duration_seconds_count{name="deny.example.com",operation="CREATE",rejected="true",type="validating"} 1',
    'apiserver_admission_webhook_rejection_count{error_type="no_error",name="deny.example.com",operation="CREATE",rejection_code="418",type="validating"} 1',
    'apiserver_admission_webhook_fail_open_count{name="gone.example.com",type="validating"} 1',
    'apiserver_admission_match_condition_exclusions_total{kind="webhook",name="elsewhere.example.com",operation="CREATE",type="validate"} 1',
    'apiserver_admission_match_condition_evaluation_seconds_count{kind="webhook",name="elsewhere.example.com",operation="CREATE",type="validate"} 1',
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

test('impersonation, policies that find something, and watches that begin with a list are measured', async () => {
  await using api = await startApi()
  await api.http('GET', '/api/v1/pods', { headers: { 'impersonate-user': 'somebody' } })
  await api.http(
    'GET',
    '/api/v1/pods?watch=true&sendInitialEvents=true&timeoutSeconds=1&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
  )
  const policies = { group: 'admissionregistration.k8s.io', version: 'v1' }
  await api.call({
    ...{ ...policies, verb: 'create', resource: 'validatingadmissionpolicies' },
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'p' },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
        },
        validations: [{ expression: 'false' }],
      },
    },
  })
  await api.call({
    ...{ ...policies, verb: 'create', resource: 'validatingadmissionpolicybindings' },
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'b' },
      spec: { policyName: 'p', validationActions: ['Warn', 'Audit'] },
    },
  })
  const made = async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'a-' } }
    return (await api.http('POST', '/api/v1/namespaces/default/configmaps', { body })).headers.warning
  }
  await until(made, (warning) => warning !== undefined)
  const { body } = await api.http('GET', '/metrics')
  for (const line of [
    'apiserver_impersonation_attempts_total{decision="allowed",mode="user-info"} 1',
    'apiserver_impersonation_authorization_attempts_total{decision="allowed",mode="user-info"} 2',
    'apiserver_watch_list_duration_seconds_count{group="",resource="pods",scope="cluster",version="v1"} 1',
    'apiserver_watch_events_total{group="",resource="pods",version="v1"} 1',
    'apiserver_validating_admission_policy_check_total{enforcement_action="warn",error_type="invalid_error",policy="p",policy_binding="b"} 1',
    'apiserver_validating_admission_policy_check_duration_seconds_count{enforcement_action="audit",error_type="invalid_error",policy="p",policy_binding="b"} 1',
    'apiserver_cel_evaluation_duration_seconds_count 0',
  ])
    assert.ok(
      body.includes(`\n${line}\n`),
      `${line}\n${body
        .split('\n')
        .filter((one) => one.startsWith(line.split(/[ {]/)[0]!))
        .join('\n')}`,
    )
  assert.match(
    body,
    /\napiserver_storage_events_received_total\{group="admissionregistration\.k8s\.io",resource="validatingadmissionpolicies"\} \d+\n/,
  )
})

test('what pods ask for is told as the scheduler of Kubernetes tells it, and so is how much room is taken', async () => {
  await using api = await startApi()
  const resources = { requests: { cpu: '100m', memory: '1Gi' }, limits: { memory: '2Gi' } }
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one' },
    spec: { containers: [{ name: 'c', image: 'i', resources }] },
  }
  const made = await api.http('POST', '/api/v1/namespaces/default/pods', { body })
  assert.equal(made.code, 201, JSON.stringify(made.body))
  const { body: pods } = await api.http('GET', '/metrics/resources')
  const of = (resource: string, unit: string) =>
    `{namespace="default",pod="one",node="",scheduler="default-scheduler",priority="0",resource="${resource}",unit="${unit}"}`
  for (const line of [
    `kube_pod_resource_request${of('cpu', 'cores')} 0.1`,
    `kube_pod_resource_request${of('memory', 'bytes')} ${2 ** 30}`,
    `kube_pod_resource_limit${of('memory', 'bytes')} ${2 ** 31}`,
  ])
    assert(pods.split('\n').includes(line), `${line}\n${pods}`)
  const { body: text } = await api.http('GET', '/metrics')
  assert.match(text, /^apiserver_storage_size_bytes\{storage_cluster_id="etcd-0"\} [1-9]\d*$/m)
  assert.match(text, /^apiserver_resource_objects\{group="",resource="pods"\} 1$/m)
  for (const level of ['STABLE', 'BETA', 'ALPHA'])
    assert.match(
      text,
      new RegExp(`^registered_metrics_total\\{deprecated_version="",stability_level="${level}"\\} [1-9]`, 'm'),
    )
})

test('requests, decisions, writes, lists and the addresses of services are measured under Kubernetes’ names', async () => {
  await using api = await startApi()
  const path = '/api/v1/namespaces/default/services'
  const service = (name: string, spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  })
  assert.equal((await api.http('POST', path, { body: service('one', { type: 'NodePort' }) })).code, 201)
  const taken = JSON.parse((await api.http('GET', `${path}/one`)).body)
  const again = { type: 'NodePort', ports: [{ port: 80, nodePort: taken.spec.ports[0].nodePort }] }
  assert.equal((await api.http('POST', path, { body: service('two', again) })).code, 422)
  await api.http('GET', '/api/v1/services?limit=500')
  await api.http('GET', '/api/v1/pods', { headers: { 'impersonate-user': 'nobody' } })
  const { body } = await api.http('GET', '/metrics')
  const lines: readonly string[] = body.split('\n')
  for (const [line, value] of [
    ['etcd_requests_total{group="",operation="create",resource="services"}', '1'],
    ['etcd_request_duration_seconds_count{group="networking.k8s.io",operation="create",resource="ipaddresses"}', '2'],
    ['apiserver_cache_list_total{group="",index="",resource="services"}', '1'],
    ['apiserver_cache_list_returned_objects_total{group="",resource="services"}', '2'],
    ['kube_apiserver_nodeport_allocator_allocated_ports', '1'],
    ['kube_apiserver_nodeport_allocator_allocation_total{scope="dynamic"}', '1'],
    ['kube_apiserver_nodeport_allocator_allocation_errors_total{scope="static"}', '1'],
    ['authorization_attempts_total{result="denied"}', '1'],
  ])
    assert.ok(
      lines.includes(`${line} ${value}`),
      `${line} ${value} in\n${lines.filter((one) => one.startsWith(line!.split('{')[0]!)).join('\n')}`,
    )
  for (const name of [
    'apiserver_request_sli_duration_seconds_count{component="apiserver",group="",resource="services",scope="resource",subresource="",verb="POST",version="v1"} 2',
    'kube_apiserver_clusterip_allocator_allocation_total{cidr="10.96.0.0/12",scope="dynamic"}',
    'apiserver_request_filter_duration_seconds_count{filter="authentication"}',
  ])
    assert.ok(
      lines.some((line) => line.startsWith(name)),
      name,
    )
})
