import {
  asking,
  claim,
  daemonSet,
  deployment,
  image,
  pod,
  quota,
  replicaSet,
  type Scenario,
  statefulSet,
} from '../scenario.ts'

const limited = (hard: object) => async (stage: Parameters<Scenario['play']>[0]) => {
  await stage.create(quota(hard))
  await stage.until(() => stage.get('resourcequotas', 'q').status.hard)
}
const isAvailable = (stage: Parameters<Scenario['play']>[0], plural: string, name: string, count: number) =>
  stage.until(() => {
    const { metadata, status } = stage.get(plural, name)
    const { observedGeneration, updatedReplicas = count, replicas, availableReplicas } = status
    return (
      observedGeneration === metadata.generation &&
      updatedReplicas === count &&
      replicas === count &&
      availableReplicas === count
    )
  })

/** Deployments, sets of all kinds, and what becomes of their pods. */
export const workloads: readonly Scenario[] = [
  {
    name: 'deployment rolls out and back',
    async play(stage) {
      await stage.create(deployment('web'))
      await isAvailable(stage, 'deployments', 'web', 3)
      await stage.look('up')
      await stage.patch('deployments', 'web', image('app:2'))
      await isAvailable(stage, 'deployments', 'web', 3)
      await stage.look('rolled')
      await stage.patch('deployments', 'web', image('app:1'))
      await isAvailable(stage, 'deployments', 'web', 3)
    },
  },
  {
    name: 'deployment gets stuck',
    fates: ({ spec }) => ({ phase: spec.containers[0].image === 'bad:1' ? 'Pending' : 'Running' }),
    async play(stage) {
      await stage.create(deployment('web', { replicas: 4, progressDeadlineSeconds: 4 }))
      await isAvailable(stage, 'deployments', 'web', 4)
      await stage.patch('deployments', 'web', image('bad:1'))
      await stage.until(() =>
        stage
          .get('deployments', 'web')
          .status.conditions.some(({ reason }: { reason: string }) => reason === 'ProgressDeadlineExceeded'),
      )
      await stage.look('stuck')
      await stage.patch('deployments', 'web', { spec: { replicas: 8 } })
    },
  },
  {
    name: 'deployment is recreated',
    async play(stage) {
      await stage.create(deployment('web', { strategy: { type: 'Recreate' } }))
      await isAvailable(stage, 'deployments', 'web', 3)
      await stage.patch('deployments', 'web', image('app:2'))
      await isAvailable(stage, 'deployments', 'web', 3)
    },
  },
  {
    name: 'deployment is paused and resumed',
    async play(stage) {
      await stage.create(deployment('web', { paused: true }))
      await stage.look('paused')
      await stage.patch('deployments', 'web', { spec: { paused: false } })
      await isAvailable(stage, 'deployments', 'web', 3)
    },
  },
  {
    name: 'deployment beyond a quota',
    async play(stage) {
      await limited({ pods: '2' })(stage)
      await stage.create(deployment('web'))
    },
  },
  {
    name: 'deployment adopts and lets go',
    async play(stage) {
      await stage.create(replicaSet('web'))
      await stage.quiet()
      await stage.create(deployment('web', { replicas: 2 }))
      await stage.look('adopted')
      await stage.remove('deployments', 'web', 'Orphan')
      await stage.until(() => stage.get('deployments', 'web') === undefined)
    },
  },
  {
    name: 'replicaset whose account there is not',
    play: (stage) => stage.create(replicaSet('r', {}, { serviceAccountName: 'none' })).then(stage.quiet),
  },
  {
    name: 'statefulset rolls out',
    async play(stage) {
      await stage.create(statefulSet('s'))
      await isAvailable(stage, 'statefulsets', 's', 2)
      await stage.look('up')
      await stage.patch('statefulsets', 's', image('app:2'))
      await isAvailable(stage, 'statefulsets', 's', 2)
    },
  },
  {
    name: 'statefulset with a partition',
    async play(stage) {
      await stage.create(statefulSet('s', { updateStrategy: { rollingUpdate: { partition: 1 } } }))
      await isAvailable(stage, 'statefulsets', 's', 2)
      await stage.patch('statefulsets', 's', image('app:2'))
      await stage.until(() => stage.get('statefulsets', 's').status.updatedReplicas === 1)
      await stage.quiet()
      await stage.remove('pods', 's-0')
      await stage.quiet()
    },
  },
  {
    name: 'statefulset with claims',
    async play(stage) {
      const { kind: _, apiVersion: __, ...data } = claim('data')
      const persistentVolumeClaimRetentionPolicy = { whenScaled: 'Delete', whenDeleted: 'Delete' }
      const more = {
        podManagementPolicy: 'Parallel',
        volumeClaimTemplates: [data],
        persistentVolumeClaimRetentionPolicy,
      }
      await stage.create(statefulSet('s', more))
      await stage.look('up')
      await stage.patch('statefulsets', 's', { spec: { replicas: 1 } })
    },
  },
  {
    name: 'statefulset beyond a quota of claims',
    async play(stage) {
      await limited({ persistentvolumeclaims: '0' })(stage)
      const { kind: _, apiVersion: __, ...data } = claim('data')
      await stage.create(statefulSet('s', { volumeClaimTemplates: [data] }))
    },
  },
  {
    name: 'daemonset rolls out',
    async play(stage) {
      await stage.create(daemonSet('d'))
      const isUp = () => {
        const { metadata, status } = stage.get('daemonsets', 'd')
        return (
          status.observedGeneration === metadata.generation &&
          status.updatedNumberScheduled === status.desiredNumberScheduled &&
          status.numberAvailable === status.desiredNumberScheduled &&
          status.desiredNumberScheduled > 0
        )
      }
      await stage.until(isUp)
      await stage.look('up')
      await stage.patch('daemonsets', 'd', image('app:2'))
      await stage.until(isUp)
    },
  },
  {
    name: 'daemonset for one node',
    play: (stage) =>
      stage.create(daemonSet('d', {}, { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } })).then(stage.quiet),
  },
  {
    name: 'daemonset that fits nowhere',
    play: (stage) => stage.create(daemonSet('d', {}, asking({ cpu: '100' }))).then(stage.quiet),
  },
  {
    name: 'pods that are taken over and let go',
    async play(stage) {
      await stage.create(pod('lone', {}, { app: 'r' }))
      await stage.create(replicaSet('r'))
      await stage.look('adopted')
      await stage.patch('pods', 'lone', { metadata: { labels: { app: 'other' } } })
    },
  },
]
