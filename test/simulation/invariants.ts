/** What must hold at every moment, whatever breaks. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  controllerOf,
  isActive,
  isAvailable,
  type KubeObject,
  keyOf,
  nameOf,
  scaledValue,
} from '../../src/machinery/index.ts'
import {
  type Deployment,
  deployments,
  nodes,
  type Pod,
  pods,
  type ReplicaSet,
  type ResourceDefinition,
  replicaSets,
} from '../../src/resources/index.ts'
import type { World } from './world.ts'

export interface Watcher {
  check(): void
  /** A fingerprint of everything that happened, in order. */
  hash(): string
  readonly changes: number
}

export function watchOver(world: World): Watcher {
  const trace = createHash('sha256')
  const revisions = new Map<string, number>()
  const places = new Map<string, string>()
  const largest = new Map<string, number>()
  let newest = 0
  let changes = 0

  function follow<T extends KubeObject>(resource: ResourceDefinition<T>, look: (object: T) => void): void {
    world.informers.of(resource).subscribe((next, previous) => {
      const object = (next ?? previous)!
      const revision = Number(object.metadata.resourceVersion)
      const key = `${resource.plural}/${keyOf(nameOf(object))}`
      changes++
      trace.update(`${world.clock.now()} ${next === undefined ? 'gone' : revision} ${key} ${object.metadata.uid}\n`)
      if (next === undefined) return
      assert.ok(revision > (revisions.get(object.metadata.uid) ?? 0), `${key} went back to revision ${revision}`)
      revisions.set(object.metadata.uid, revision)
      newest = Math.max(newest, revision)
      look(next)
    })
  }
  follow(pods, (pod: Pod) => {
    const nodeName = pod.spec.nodeName ?? ''
    if (nodeName === '') return
    const before = places.get(pod.metadata.uid) ?? nodeName
    assert.equal(nodeName, before, `pod ${pod.metadata.name} is on two nodes`)
    places.set(pod.metadata.uid, nodeName)
  })
  follow(replicaSets, (set: ReplicaSet) => {
    largest.set(set.metadata.uid, Math.max(set.spec.replicas ?? 0, largest.get(set.metadata.uid) ?? 0))
  })
  follow(deployments, () => {})
  follow(nodes, () => {})

  return {
    check() {
      const all = world.informers.of(pods)
      const sets = world.informers.of(replicaSets).list('default')
      for (const set of sets) {
        const active = all.by('controller', set.metadata.uid).filter(isActive).length
        const most = largest.get(set.metadata.uid) ?? 0
        assert.ok(active <= most, `${set.metadata.name} has ${active} pods and never asked for more than ${most}`)
      }
      for (const deployment of world.informers.of(deployments).list('default')) surgeHolds(deployment, sets)
      const names = new Map<string, string>()
      for (const pod of all.list('default')) {
        const key = keyOf(nameOf(pod))
        assert.ok(!names.has(key), `two pods are called ${key}`)
        names.set(key, pod.metadata.uid)
      }
    },
    hash: () => trace.copy().digest('hex'),
    get changes() {
      return changes
    },
  }
}

/** The sets of a Deployment never ask for more than it wants and may exceed by, once each change of the number is done. */
function surgeHolds(deployment: Deployment, sets: readonly ReplicaSet[]): void {
  const replicas = deployment.spec.replicas ?? 1
  const surge = scaledValue(deployment.spec.strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, 'up')
  const asked = sets
    .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid)
    .reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0)
  assert.ok(
    asked <= replicas + surge,
    `${deployment.metadata.name} asks for ${asked} pods, and may have ${replicas + surge}`,
  )
}

/** Whether the Deployment is where it should be: that many pods, of this image, available, and nothing else. */
export function hasConverged(world: World, name: string, image: string, replicas: number): boolean {
  const deployment = world.informers.of(deployments).get({ namespace: 'default', name })
  const all = world.informers.of(pods).list('default').filter(isActive)
  const { status, metadata } = deployment ?? {}
  return (
    status?.availableReplicas === replicas &&
    status.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.observedGeneration === metadata?.generation &&
    all.length === replicas &&
    all.every((pod) => pod.spec.containers[0]?.image === image && isAvailable(pod, 0, world.clock.now()))
  )
}
