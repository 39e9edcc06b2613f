import { asking, budget, claim, deployment, pod, quota, type Scenario, service } from '../scenario.ts'

const web = (name: string, port = 8080) =>
  pod(
    name,
    { containers: [{ name: 'c', image: 'app:1', ports: [{ name: 'web', containerPort: port }] }] },
    { app: 'web' },
  )
const configMap = (name: string, ownerReferences: readonly object[] = []) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ownerReferences },
})
const referenceTo = (text: string, more: object = {}) => {
  const { metadata } = JSON.parse(text)
  return { apiVersion: 'v1', kind: 'ConfigMap', name: metadata.name, uid: metadata.uid, ...more }
}
const owned = (name: string, policy: 'Foreground' | 'Background' | 'Orphan'): Scenario => ({
  name,
  async play(stage) {
    const owner = await stage.create(configMap('owner'))
    await stage.create(configMap('owned', [referenceTo(owner.text, { blockOwnerDeletion: true })]))
    await stage.quiet()
    await stage.remove('configmaps', 'owner', policy)
    const last = policy === 'Background' ? 'owned' : 'owner'
    await stage.until(() => stage.get('configmaps', last) === undefined)
  },
})
const refused = (name: string, spec: object): Scenario => ({
  name,
  async play(stage) {
    await stage.create(pod('p', spec))
    await stage.until(() => stage.get('pods', 'p').status.conditions.length > 0)
  },
})
const needing = (terms: object) => ({ requiredDuringSchedulingIgnoredDuringExecution: terms })

/** Services, budgets, quotas, owners, and what the scheduler says. */
export const around: readonly Scenario[] = [
  owned('owner goes last', 'Foreground'),
  owned('owner goes first', 'Background'),
  owned('owner lets go', 'Orphan'),
  {
    name: 'endpoints follow pods',
    async play(stage) {
      await stage.create(service('web'))
      for (const name of ['a', 'b']) await stage.create(web(name))
      await stage.look('up')
      stage.decide(({ metadata }) => ({ phase: 'Running', ready: metadata.name !== 'b' }))
      await stage.look('unready')
      await stage.patch('services', 'web', { spec: { selector: { app: 'other' } } })
    },
  },
  {
    name: 'endpoints of ports by name',
    async play(stage) {
      const ports = [
        { name: 'http', port: 80, targetPort: 'web' },
        { name: 'admin', port: 81, targetPort: 9000 },
      ]
      await stage.create(service('web', { ports }))
      await stage.create(web('a'))
      await stage.create(web('b', 9090))
    },
  },
  {
    name: 'endpoints for zones',
    async play(stage) {
      const annotations = { 'service.kubernetes.io/topology-mode': 'Auto' }
      await stage.create(service('web', {}, { annotations }))
      await stage.create(service('close', { trafficDistribution: 'PreferClose' }))
    },
  },
  {
    name: 'endpoints that are mirrored',
    async play(stage) {
      await stage.create({ ...service('ext'), spec: { ports: [{ name: 'http', port: 80 }] } })
      const subsets = [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ name: 'http', port: 80 }] }]
      await stage.create({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'ext' }, subsets })
    },
  },
  {
    name: 'budget and evictions',
    async play(stage) {
      await stage.create(deployment('web'))
      await stage.until(() => stage.get('deployments', 'web').status.availableReplicas === 3)
      await stage.create(budget('b', { minAvailable: 3 }))
      await stage.look('up')
      await stage.evict(stage.list('pods')[0].metadata.name)
    },
  },
  {
    name: 'budgets of pods that nobody manages',
    async play(stage) {
      await stage.create(web('a'))
      await stage.create(budget('b', { maxUnavailable: 1 }))
    },
  },
  {
    name: 'quota counts',
    async play(stage) {
      await stage.create(quota({ pods: '3', 'requests.cpu': '2', services: '3', 'count/configmaps': '5' }))
      await stage.create(pod('p', asking({ cpu: '100m' })))
      await stage.create(service('s'))
      await stage.look('used')
      await stage.remove('services', 's')
    },
  },
  refused('no room', asking({ cpu: '100', memory: '100Gi' })),
  refused('no such node', { nodeSelector: { no: 'where' } }),
  refused('no pod to be near', {
    affinity: {
      podAffinity: needing([{ labelSelector: { matchLabels: { a: 'b' } }, topologyKey: 'kubernetes.io/hostname' }]),
    },
  }),
  refused('no domain to spread over', {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'no.such/key', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
    ],
  }),
  refused('gates', { schedulingGates: [{ name: 'a.b/c' }] }),
  {
    name: 'claim that waits',
    async play(stage) {
      await stage.create(claim('c'))
      await stage.create(pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }))
    },
  },
]
