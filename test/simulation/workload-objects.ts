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
/** Nodes with even numbers may lose power; what is guarded runs on the others. */
const steadyNodes = ['node-1', 'node-3', 'node-5', 'node-7']
export const guarded = { replicas: 4, minAvailable: 3 }
export const rolled = { replicas: 4, maxSurge: 1, maxUnavailable: 1 }
export const tight = { pods: 5, wanted: 8 }
export const completions = 10

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
export const onSteadyNodes = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: steadyNodes }] },
        ],
      },
    },
  },
}
export const named = (name: string) => ({ namespace, name })
const selectorOf = (app: string) => ({ matchLabels: { app } })
const workingFor = (duration: string) => ({
  annotations: { 'simulated.coxswain.io/exit-after': duration },
  spec: { restartPolicy: 'Never' },
})

/** Makes all of them, the quota before what it limits. */
export async function createAll(world: World): Promise<void> {
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
      template: template('guarded', { spec: onSteadyNodes }),
    },
  })
  const { replicas, ...rollingUpdate } = rolled
  await create(deployments, {
    metadata: named('rolled'),
    spec: {
      replicas,
      selector: selectorOf('rolled'),
      strategy: { type: 'RollingUpdate', rollingUpdate },
      template: template('rolled', { spec: onSteadyNodes }),
    },
  })
  await create(podDisruptionBudgets, {
    metadata: named('guarded'),
    spec: { minAvailable: guarded.minAvailable, selector: selectorOf('guarded') },
  })
  await create(deployments, {
    metadata: named('gone'),
    spec: { replicas: 5, selector: selectorOf('gone'), template: template('gone') },
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
        template: template(name, workingFor('9s')),
      },
    })
}
