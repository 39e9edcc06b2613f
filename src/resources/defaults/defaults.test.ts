import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { builtInSchema, decodeObject } from '../schema.ts'
import { applyDefaults } from './defaults.ts'
import { isLatest } from './images.ts'

const golden = join(import.meta.dirname, '../../../test/fixtures/golden')

function defaulted(type: string, json: object): any {
  const { object } = decodeObject(type, json)
  applyDefaults(type, object)
  return decodeObject(type, object).object
}

test('defaulting an object twice changes nothing more', () => {
  const types = readdirSync(golden)
    .filter((name) => name.endsWith('.json') && !name.includes('WatchEvent'))
    .map((name) => JSON.parse(readFileSync(join(golden, name), 'utf8')))
  for (const json of types) {
    const slash = json.apiVersion.lastIndexOf('/')
    const group = json.apiVersion.slice(0, Math.max(slash, 0))
    const type = builtInSchema.typeOfKind({ group, version: json.apiVersion.slice(slash + 1), kind: json.kind })!.name
    for (const start of [json, {}]) {
      const once = defaulted(type, start)
      const twice = structuredClone(once)
      applyDefaults(type, twice)
      assert.deepEqual(decodeObject(type, twice).object, once, type)
    }
  }
})

test('defaults are those Kubernetes gives', () => {
  const container = {
    name: 'a',
    image: 'nginx',
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'Always',
  }
  const podSpec = {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  }
  const cases = [
    {
      name: 'a pod: requests from limits, host ports, service links',
      type: 'io.k8s.api.core.v1.Pod',
      json: {
        spec: {
          hostNetwork: true,
          serviceAccountName: 'builder',
          volumes: [{ name: 'v' }, { name: 'c', configMap: { name: 'x' } }],
          containers: [
            {
              name: 'a',
              image: 'nginx',
              ports: [{ containerPort: 80 }],
              resources: { limits: { cpu: '1' } },
              livenessProbe: { httpGet: { port: 80 } },
            },
          ],
        },
      },
      object: {
        metadata: {},
        spec: {
          ...podSpec,
          hostNetwork: true,
          enableServiceLinks: true,
          serviceAccountName: 'builder',
          serviceAccount: 'builder',
          volumes: [
            { name: 'v', emptyDir: {} },
            { name: 'c', configMap: { name: 'x', defaultMode: 420 } },
          ],
          containers: [
            {
              ...container,
              ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
              resources: { limits: { cpu: '1' }, requests: { cpu: '1' } },
              livenessProbe: {
                httpGet: { port: 80, path: '/', scheme: 'HTTP' },
                timeoutSeconds: 1,
                periodSeconds: 10,
                successThreshold: 1,
                failureThreshold: 3,
              },
            },
          ],
        },
        status: {},
      },
    },
    {
      name: 'a deployment: its template is no pod',
      type: 'io.k8s.api.apps.v1.Deployment',
      json: {
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: {
            metadata: { labels: { a: 'b' } },
            spec: { containers: [{ name: 'a', image: 'nginx:1.27', resources: { limits: { cpu: '1' } } }] },
          },
        },
      },
      object: {
        metadata: {},
        spec: {
          replicas: 1,
          selector: { matchLabels: { a: 'b' } },
          template: {
            metadata: { labels: { a: 'b' } },
            spec: {
              ...podSpec,
              containers: [
                {
                  ...container,
                  image: 'nginx:1.27',
                  imagePullPolicy: 'IfNotPresent',
                  resources: { limits: { cpu: '1' } },
                },
              ],
            },
          },
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
          revisionHistoryLimit: 10,
          progressDeadlineSeconds: 600,
        },
        status: {},
      },
    },
    {
      name: 'a load balancer service',
      type: 'io.k8s.api.core.v1.Service',
      json: { spec: { type: 'LoadBalancer', ports: [{ port: 80 }], sessionAffinity: 'ClientIP' } },
      object: {
        metadata: {},
        spec: {
          type: 'LoadBalancer',
          ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
          sessionAffinity: 'ClientIP',
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
          externalTrafficPolicy: 'Cluster',
          internalTrafficPolicy: 'Cluster',
          allocateLoadBalancerNodePorts: true,
        },
        status: { loadBalancer: {} },
      },
    },
    {
      name: 'a secret: stringData becomes data',
      type: 'io.k8s.api.core.v1.Secret',
      json: { data: { a: 'YQ==', b: 'YQ==' }, stringData: { b: 'ü' } },
      object: { metadata: {}, data: { a: 'YQ==', b: 'w7w=' }, type: 'Opaque' },
    },
    {
      name: 'pod-level limits',
      type: 'io.k8s.api.core.v1.PodSpec',
      json: { containers: null },
      object: { ...podSpec, containers: null },
    },
  ]
  for (const { name, type, json, object } of cases) assert.deepEqual(defaulted(type, json), object, name)
})

test('a pod that states resources as a whole asks for what its containers ask for, else for its limits', () => {
  const pod = defaulted('io.k8s.api.core.v1.Pod', {
    spec: {
      resources: { limits: { cpu: '2', memory: '1Gi' } },
      containers: [
        { name: 'a', resources: { requests: { cpu: '250m' } } },
        { name: 'b', resources: { requests: { cpu: '500m' } } },
      ],
      initContainers: [{ name: 'c', resources: { requests: { cpu: '700m' } } }],
    },
  })
  assert.deepEqual(pod.spec.resources, {
    limits: { cpu: '2', memory: '1Gi' },
    requests: { cpu: '750m', memory: '1Gi' },
  })
  // What is as it should be is left alone: a draft of a status shares it with the stored object, which nobody changes.
  Object.freeze(pod.spec.resources)
  assert.doesNotThrow(() => applyDefaults('io.k8s.api.core.v1.Pod', pod))
})

test('an image is latest when nothing fixes it', () => {
  const cases: Record<string, boolean> = {
    nginx: true,
    'nginx:latest': true,
    'nginx:1': false,
    'localhost:5000/nginx': true,
    'localhost:5000/nginx:1': false,
    'nginx@sha256:0000': false,
  }
  for (const [image, latest] of Object.entries(cases)) assert.equal(isLatest(image), latest, image)
})
