/** The workloads that a simulation starts with: one of every kind, and what limits and guards them. */
import type { ResourceDefinition } from '../../src/resources/index.ts'
import {
  daemonSets,
  deployments,
  jobs,
  podDisruptionBudgets,
  resourceQuotas,
  statefulSets,
} from '../../src/resources/index.ts'
import type { World } from './world.ts'

export const namespace = 'default'
/** How much of everything there is, and for how long things go wrong. */
export interface Size {
  readonly nodeCount: number
  readonly troubleMs: number
  /** A node that lost power, or is not heard, is back by then. */
  readonly awayMsMax: number
  /** How often each component crashes at most. */
  readonly crashes: number
  readonly guarded: { readonly replicas: number; readonly minAvailable: number }
  readonly rolled: { readonly replicas: number; readonly maxSurge: number; readonly maxUnavailable: number }
  readonly tight: { readonly pods: number; readonly wanted: number }
  readonly gone: number
  readonly dbMax: number
  readonly completions: number
  readonly workFor: string
}
/** Time enough for nodes to be given up and their pods to be moved. */
export const whole: Size = {
  nodeCount: 8,
  troubleMs: 240_000,
  awayMsMax: 500_000,
  crashes: 4,
  guarded: { replicas: 4, minAvailable: 3 },
  rolled: { replicas: 4, maxSurge: 1, maxUnavailable: 1 },
  tight: { pods: 5, wanted: 8 },
  gone: 5,
  dbMax: 5,
  completions: 10,
  workFor: '9s',
}
/** As many kinds and troubles in a quarter of the time: for thousands of seeds. */
export const brief: Size = {
  nodeCount: 4,
  troubleMs: 48_000,
  awayMsMax: 90_000,
  crashes: 2,
  guarded: { replicas: 3, minAvailable: 2 },
  rolled: { replicas: 3, maxSurge: 1, maxUnavailable: 1 },
  tight: { pods: 2, wanted: 3 },
  gone: 2,
  dbMax: 3,
  completions: 4,
  workFor: '5s',
}
/** Nodes with even numbers may lose power; what is guarded runs on the others. */
const steadyNodes = ({ nodeCount }: Size) =>
  Array.from({ length: nodeCount / 2 }, (_, index) => `node-${index * 2 + 1}`)

export const template = (
  app: string,
  more: { readonly annotations?: object; readonly spec?: object } = {},
  image = 'v1',
) => ({
  metadata: {
    labels: { app },
    annotations: {
      'simulated.coxswain.io/start-delay': '500ms',
      'simulated.coxswain.io/ready-delay': '1s',
      'simulated.coxswain.io/stop-delay': '800ms',
      ...more.annotations,
    },
  },
  spec: { containers: [{ name: 'c', image }], ...more.spec },
})
export const onSteadyNodes = (size: Size) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: steadyNodes(size) }] },
        ],
      },
    },
  },
})
export const named = (name: string) => ({ namespace, name })
const selectorOf = (app: string) => ({ matchLabels: { app } })
const workingFor = (duration: string) => ({
  annotations: { 'simulated.coxswain.io/exit-after': duration },
  spec: { restartPolicy: 'Never' },
})

/** Makes all of them, the quota before what it limits. */
export async function createAll(world: World, size: Size): Promise<void> {
  const { tight, guarded, completions } = size
  const create = (resource: ResourceDefinition<any>, object: object) => world.client.create(resource, object as never)
  await create(resourceQuotas, {
    metadata: named('tight'),
    spec: {
      hard: { pods: String(tight.pods) },
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-cluster-critical'] }],
      },
    },
  })
  // Kubernetes: a quota holds once its controller has counted for the first time.
  const counted = () => world.informers.of(resourceQuotas).get(named('tight'))?.status?.hard?.['pods'] !== undefined
  await world.run(60_000, () => {}, counted)
  await create(deployments, {
    metadata: named('tight'),
    spec: {
      replicas: tight.wanted,
      selector: selectorOf('tight'),
      template: template('tight', { spec: { priorityClassName: 'system-cluster-critical' } }),
    },
  })
  await create(deployments, {
    metadata: named('guarded'),
    spec: {
      replicas: guarded.replicas,
      selector: selectorOf('guarded'),
      template: template('guarded', { spec: onSteadyNodes(size) }),
    },
  })
  const { replicas, ...rollingUpdate } = size.rolled
  await create(deployments, {
    metadata: named('rolled'),
    spec: {
      replicas,
      selector: selectorOf('rolled'),
      strategy: { type: 'RollingUpdate', rollingUpdate },
      template: template('rolled', { spec: onSteadyNodes(size) }),
    },
  })
  await create(podDisruptionBudgets, {
    metadata: named('guarded'),
    spec: { minAvailable: guarded.minAvailable, selector: selectorOf('guarded') },
  })
  await create(deployments, {
    metadata: named('gone'),
    spec: { replicas: size.gone, selector: selectorOf('gone'), template: template('gone') },
  })
  await create(statefulSets, {
    metadata: named('db'),
    spec: { serviceName: 'db', replicas: 3, selector: selectorOf('db'), template: template('db') },
  })
  await create(daemonSets, {
    metadata: named('agent'),
    spec: { selector: selectorOf('agent'), template: template('agent') },
  })
  for (const [name, completionMode] of [
    ['indexed', 'Indexed'],
    ['counted', 'NonIndexed'],
  ] as const)
    await create(jobs, {
      metadata: named(name),
      spec: {
        completions,
        parallelism: 3,
        completionMode,
        backoffLimit: 100,
        template: template(name, workingFor(size.workFor)),
      },
    })
}
