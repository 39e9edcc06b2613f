/** Objects for tests: builders that take only what matters. */
import { timestampOf } from '../../machinery/index.ts'
import type { Deployment, Node, Pod, ReplicaSet, Taint } from '../../resources/index.ts'

export const startMs = Date.UTC(2026, 0, 1)
export const secondsLater = (seconds: number): string => timestampOf(startMs + seconds * 1000)

const meta = (name: string, atSeconds = 0) => ({
  name,
  namespace: 'default',
  uid: `uid-${name}`,
  resourceVersion: '1',
  generation: 1,
  creationTimestamp: secondsLater(atSeconds),
})

export type PodState = 'ready' | 'unready' | 'pending' | 'unscheduled' | 'failed' | 'succeeded' | 'terminating'
export interface PodWish {
  readonly name?: string
  readonly state?: PodState
  readonly node?: string
  readonly readyAtSeconds?: number
  readonly ip?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly restarts?: number
  readonly createdAtSeconds?: number
  readonly spec?: Partial<Pod['spec']>
}

/** A pod that is in a state, and otherwise plain. */
export function podThatIs(state: PodState, wish: PodWish = {}): Pod {
  const { name = state, node = 'node-1', ip, readyAtSeconds = 0, labels, annotations, restarts = 0 } = wish
  const phases = {
    ready: 'Running',
    unready: 'Running',
    pending: 'Pending',
    unscheduled: 'Pending',
    failed: 'Failed',
    succeeded: 'Succeeded',
    terminating: 'Running',
  } as const
  const isReady = state === 'ready' || state === 'terminating'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...meta(name, wish.createdAtSeconds),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(state === 'terminating' ? { deletionTimestamp: secondsLater(30), deletionGracePeriodSeconds: 30 } : {}),
    },
    spec: { containers: [{ name: 'main' }], ...(state === 'unscheduled' ? {} : { nodeName: node }), ...wish.spec },
    status: {
      phase: phases[state],
      conditions: [
        { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: secondsLater(readyAtSeconds) },
      ],
      containerStatuses: [{ name: 'main', restartCount: restarts, ready: isReady, image: '', imageID: '' }],
      ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    },
  }
}

export interface SetWish {
  readonly replicas: number
  readonly available?: number
  readonly ready?: number
  readonly image?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly createdAtSeconds?: number
}

/** A ReplicaSet of a size, with as many of its pods available as said; all of them unless told otherwise. */
export function replicaSetOf(name: string, wish: SetWish): ReplicaSet {
  const { replicas, available = replicas, ready = available, image = name, annotations } = wish
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { ...meta(name, wish.createdAtSeconds), ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      replicas,
      selector: {},
      template: {
        metadata: { labels: { app: 'web', 'pod-template-hash': name } },
        spec: { containers: [{ name: 'main', image }] },
      },
    },
    status: { replicas, readyReplicas: ready, availableReplicas: available, observedGeneration: 1 },
  }
}

export interface DeploymentWish {
  readonly replicas?: number
  readonly maxSurge?: number | string
  readonly maxUnavailable?: number | string
  readonly image?: string
  readonly spec?: Partial<Deployment['spec']>
  readonly status?: Deployment['status']
  readonly annotations?: Readonly<Record<string, string>>
}

/** A Deployment that rolls by the limits said; those of Kubernetes unless told otherwise. */
export function deploymentOf(wish: DeploymentWish = {}): Deployment {
  const { replicas = 10, maxSurge = '25%', maxUnavailable = '25%', image = 'new', annotations } = wish
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...meta('web'), ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...wish.spec,
    },
    status: wish.status ?? {},
  }
}

/** A node whose Ready condition is as said; none at all when undefined. */
export function nodeThatIs(
  ready: 'True' | 'False' | 'Unknown' | undefined,
  wish: {
    readonly name?: string
    readonly zone?: string
    readonly taints?: readonly Taint[]
    readonly unschedulable?: boolean
  } = {},
): Node {
  const { name = 'node-1', zone, taints, unschedulable } = wish
  const { namespace: _, ...metadata } = meta(name)
  const others = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({
    type,
    status: 'False',
    lastTransitionTime: secondsLater(0),
  }))
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...metadata, ...(zone === undefined ? {} : { labels: { 'topology.kubernetes.io/zone': zone } }) },
    spec: { ...(taints === undefined ? {} : { taints }), ...(unschedulable === undefined ? {} : { unschedulable }) },
    status: {
      conditions:
        ready === undefined ? [] : [...others, { type: 'Ready', status: ready, lastTransitionTime: secondsLater(0) }],
    },
  }
}
