/** What the operator in ships/ is installed with: its kind, its webhooks, and the rights it needs and no more. */
import type { Serving } from './serving.ts'

const condition = {
  type: 'object',
  required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
  properties: {
    type: { type: 'string' },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    lastTransitionTime: { type: 'string', format: 'date-time' },
    reason: { type: 'string' },
    message: { type: 'string' },
    observedGeneration: { type: 'integer', format: 'int64' },
  },
}
const status = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    manifestVersion: { type: 'string' },
    conditions: {
      type: 'array',
      items: condition,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
}
const version = (name: string, storage: boolean, crew: object) => ({
  name,
  served: true,
  storage,
  subresources: { status: {} },
  additionalPrinterColumns: [
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { type: 'object' },
        spec: { type: 'object', properties: { size: { type: 'string', enum: ['small', 'large'] }, crew } },
        status,
      },
    },
  },
})
const group = 'fleet.example.com'
const rules = (operations: readonly string[]) => [
  { operations, apiGroups: [group], apiVersions: ['v2'], resources: ['ships'] },
]

/** The objects to create before the operator runs; its webhooks answer at the port. */
export function shipObjects({ caBundle }: Serving, port: number): readonly any[] {
  const clientConfig = (path: string) => ({ url: `https://127.0.0.1:${port}${path}`, caBundle })
  const hook = (name: string, path: string, operations: readonly string[]) => ({
    name,
    clientConfig: clientConfig(path),
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    matchPolicy: 'Equivalent',
    failurePolicy: 'Fail',
    rules: rules(operations),
  })
  return [
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `ships.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'ships', singular: 'ship', kind: 'Ship', listKind: 'ShipList', shortNames: ['sh'] },
        conversion: {
          strategy: 'Webhook',
          webhook: { conversionReviewVersions: ['v1'], clientConfig: clientConfig('/convert') },
        },
        versions: [
          version('v1', false, { type: 'integer', format: 'int32', minimum: 0 }),
          version('v2', true, {
            type: 'object',
            properties: { count: { type: 'integer', format: 'int32', minimum: 0 }, captain: { type: 'string' } },
          }),
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'ships' },
      webhooks: [hook('default.ships.example.com', '/mutate-fleet-example-com-v2-ship', ['CREATE', 'UPDATE'])],
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'ships' },
      webhooks: [
        hook('check.ships.example.com', '/validate-fleet-example-com-v2-ship', ['CREATE', 'UPDATE', 'DELETE']),
      ],
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'ship-operator', namespace: 'default' } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'ship-operator' },
      rules: [
        { apiGroups: [group], resources: ['ships'], verbs: ['get', 'list', 'watch', 'update', 'patch'] },
        { apiGroups: [group], resources: ['ships/status'], verbs: ['get', 'update', 'patch'] },
        { apiGroups: [group], resources: ['ships/finalizers'], verbs: ['update'] },
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'] },
        { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
        { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
        { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'ship-operator' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'ship-operator' },
      subjects: [{ kind: 'ServiceAccount', name: 'ship-operator', namespace: 'default' }],
    },
  ]
}
