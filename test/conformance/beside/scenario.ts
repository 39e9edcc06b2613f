import type { Fates } from './kubelet.ts'
import type { Answer } from './send.ts'

/** One side while a scenario is played: everything is in the scenario's own namespace. */
export interface Stage {
  create(object: any): Promise<Answer>
  /** A strategic merge patch; of `/status` where that is named. */
  patch(plural: string, name: string, body: object, subresource?: string): Promise<Answer>
  remove(plural: string, name: string, propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'): Promise<Answer>
  evict(pod: string): Promise<Answer>
  get(plural: string, name: string): any
  list(plural: string): readonly any[]
  until(isSo: () => unknown): Promise<void>
  quiet(): Promise<void>
  /** What is there once it is quiet, to be compared. */
  look(when: string): Promise<void>
  decide(fates: Fates): void
}

/** What is done on both sides alike, and compared when it is over. */
export interface Scenario {
  readonly name: string
  /** What becomes of pods; they run unless it is said otherwise. */
  readonly fates?: Fates
  readonly play: (stage: Stage) => Promise<void>
}

type Metadata = Readonly<Record<string, unknown>>
const container = { name: 'c', image: 'app:1' }
/** What pods are made from: one container, and what else is said. */
export const template = (labels: object, spec: object = {}) => ({
  metadata: { labels },
  spec: { terminationGracePeriodSeconds: 1, containers: [container], ...spec },
})
const object =
  (apiVersion: string, kind: string) =>
  (name: string, spec: object, metadata: Metadata = {}) => ({
    apiVersion,
    kind,
    metadata: { name, ...metadata },
    spec,
  })
/** Of a kind that selects its pods by `app`. */
const selecting =
  (kind: string, basis: object) =>
  (name: string, spec: object = {}, podSpec: object = {}) =>
    object('apps/v1', kind)(name, {
      ...basis,
      selector: { matchLabels: { app: name } },
      template: template({ app: name }, podSpec),
      ...spec,
    })
export const deployment = selecting('Deployment', { replicas: 3 })
export const replicaSet = selecting('ReplicaSet', { replicas: 2 })
export const statefulSet = selecting('StatefulSet', { replicas: 2, serviceName: 'svc' })
export const daemonSet = selecting('DaemonSet', {})
export const pod = (name: string, spec: object = {}, labels: object = {}) =>
  object('v1', 'Pod')(name, template({}, spec).spec, { labels })
export const job = (name: string, spec: object = {}) =>
  object('batch/v1', 'Job')(name, { template: template({}, { restartPolicy: 'Never' }), ...spec })
export const quota = (hard: object) => object('v1', 'ResourceQuota')('q', { hard })
export const service = (name: string, spec: object = {}, metadata: Metadata = {}) =>
  object('v1', 'Service')(
    name,
    { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
    metadata,
  )
export const budget = (name: string, spec: object) =>
  object('policy/v1', 'PodDisruptionBudget')(name, { selector: { matchLabels: { app: 'web' } }, ...spec })
export const claim = (name: string, spec: object = {}) =>
  object('v1', 'PersistentVolumeClaim')(name, {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'none',
    resources: { requests: { storage: '1Gi' } },
    ...spec,
  })
export const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'c', image: name }] } } } })
/** What a pod asks for. */
export const asking = (requests: object, limits: object = {}) => ({
  containers: [{ ...container, resources: { requests, limits } }],
})
