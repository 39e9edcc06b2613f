/** Every kind of workload at once, while nodes die, calls fail, caches lag and components crash; with what must always hold. */
import assert from 'node:assert/strict'
import { isConflict, isNotFound, type KubeObject, StatusError } from '../../src/machinery/index.ts'
import {
  daemonSets,
  deployments,
  type Job,
  jobs,
  type Pod,
  pods,
  type ResourceDefinition,
  replicaSets,
  resourceQuotas,
  type StatefulSet,
  statefulSets,
} from '../../src/resources/index.ts'
import { planCrashes, scheduleOf } from './trouble.ts'
import { completions, createAll, guarded, named, namespace, template, tight } from './workload-objects.ts'
import { createWorld, type World } from './world.ts'

const nodeCount = 8
const troubleMs = 4 * 60_000
const recoveryMs = 40 * 60_000
/** A readiness that was lost without anybody's doing may be told too late for an eviction to know of it. */
const involuntaryMs = 10_000

export interface WorkloadsOutcome {
  readonly seed: number
  readonly changes: number
  readonly evictions: number
  readonly recoveredInMs: number
  readonly plan: readonly string[]
}

/** Runs one seed to its end; rejects when something does not hold, or the cluster does not become what it should be. */
export async function simulateWorkloads(seed: number): Promise<WorkloadsOutcome> {
  const world = await createWorld(seed, nodeCount, (clock) => {
    const startMs = clock.now()
    const until = (nowMs: number) => nowMs < startMs + troubleMs
    return { failing: 0.1, latencyMsMax: 30, watchLagMsMax: 150, breaking: 0.01, until }
  })
  try {
    const law = lawOf(world)
    world.start('controllers')
    world.start('scheduler')
    await createAll(world)
    const plan = planTrouble(world)
    await world.run(troubleMs, law.check)
    const calmMs = world.clock.now()
    const left = () => unfinished(world, plan.wanted)
    await world.run(recoveryMs, law.check, () => left().length === 0)
    assert.deepEqual(left(), [], `no recovery within ${recoveryMs / 60_000} minutes`)
    law.atTheEnd()
    return {
      ...{ seed, changes: law.changes(), evictions: plan.evictions(), plan: plan.steps },
      recoveredInMs: world.clock.now() - calmMs,
    }
  } finally {
    await world.stop()
  }
}

interface Wanted {
  image: string
  replicas: number
}

/** Decides, from the seed, what happens when: roll-outs, scaling, evictions, crashes, power losses, a deletion. */
function planTrouble(world: World) {
  const { random, clock, client } = world
  const schedule = scheduleOf(world)
  const { at, within, steps } = schedule
  const wanted: Wanted = { image: 'v1', replicas: 3 }
  let evictions = 0
  for (let version = 2; version <= 3; version++) {
    const replicas = 1 + Math.floor(random.next() * 5)
    at(within((version - 2) * 100_000 + 10_000, (version - 1) * 100_000), `db: v${version}, ${replicas} of it`, () => {
      Object.assign(wanted, { image: `v${version}`, replicas })
      const body = { spec: { replicas, template: template('db', {}, `v${version}`) } }
      return client.patch(statefulSets, named('db'), { type: 'merge', body })
    })
  }
  at(within(20_000, 200_000), 'a Deployment is deleted', () =>
    client.delete(deployments, named('gone'), { propagationPolicy: random.next() < 0.5 ? 'Background' : 'Foreground' }),
  )
  for (let ms = 15_000; ms < troubleMs; ms += within(1500, 6000)) {
    clock.after(ms, async () => {
      const all = world.informers.of(pods).list(namespace).filter(isOf('guarded'))
      const victim = all[Math.floor(random.next() * all.length)]
      if (victim === undefined) return
      const done = await evict(world, victim)
      if (done) evictions++
    })
  }
  planCrashes(world, schedule, troubleMs, 4)
  const dying = 1 + Math.floor(random.next() * 3)
  for (let index = 0; index < dying; index++) {
    const node = `node-${index * 2}`
    const ms = within(1000, troubleMs * 0.8)
    at(ms, `${node} loses power`, () => world.nodes.stop(node))
    // A StatefulSet waits for a node that may still run its pod: every one comes back in the end.
    at(ms + within(5000, 500_000), `${node} is back`, () => world.nodes.start(node))
  }
  return { steps, wanted, evictions: () => evictions }
}

async function evict({ client }: World, pod: Pod): Promise<boolean> {
  try {
    const at = named(pod.metadata.name)
    await client.post(pods, at, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: at })
    return true
  } catch (error) {
    if (error instanceof StatusError && (error.code === 429 || isConflict(error) || isNotFound(error))) return false
    throw error
  }
}

const isOf = (app: string) => (object: KubeObject) => object.metadata.labels?.['app'] === app
const isReady = (pod: Pod) =>
  pod.metadata.deletionTimestamp === undefined &&
  pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
/** Kubernetes: quota no longer counts what has ended, nor what should be gone by now and is held by a node that is not heard. */
function isCharged({ metadata, status }: Pod, nowMs: number): boolean {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return false
  if (metadata.deletionTimestamp === undefined) return true
  return nowMs - Date.parse(metadata.deletionTimestamp) <= (metadata.deletionGracePeriodSeconds ?? 0) * 1000
}

/** What must hold at every moment. */
function lawOf(world: World) {
  let changes = 0
  let lostMs = Number.NEGATIVE_INFINITY
  let wasFull = false
  const succeeded = new Map<string, Map<string, string>>()
  const all = world.informers.of(pods)
  all.subscribe((next, previous) => {
    changes++
    if (next === undefined) return
    if (isOf('guarded')(next)) {
      const wasReady = previous !== undefined && isReady(previous)
      const isLeaving = next.metadata.deletionTimestamp !== undefined
      if (wasReady && !isReady(next) && !isLeaving) lostMs = world.clock.now()
      if (wasReady && isLeaving && wasFull && world.clock.now() - lostMs > involuntaryMs) {
        const ready = all.list(namespace).filter(isOf('guarded')).filter(isReady).length
        assert.ok(ready >= guarded.minAvailable, `an eviction left ${ready} of ${guarded.minAvailable} pods`)
      }
    }
    const job = next.metadata.labels?.['batch.kubernetes.io/job-name']
    if (job !== undefined && next.status.phase === 'Succeeded') {
      const known = succeeded.get(job) ?? new Map<string, string>()
      succeeded.set(job, known)
      const key = next.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? next.metadata.uid
      const before = known.get(key) ?? next.metadata.uid
      assert.equal(next.metadata.uid, before, `index ${key} of job ${job} succeeded twice`)
      known.set(key, next.metadata.uid)
    }
  })
  const highest = new Map<string, number>()
  world.informers.of(jobs).subscribe((next: Job | undefined) => {
    if (next === undefined) return
    const count = next.status?.succeeded ?? 0
    assert.ok(count >= (highest.get(next.metadata.name) ?? 0), `job ${next.metadata.name} forgot a success`)
    assert.ok(count <= completions, `job ${next.metadata.name} counts ${count} of ${completions}`)
    highest.set(next.metadata.name, count)
  })
  world.informers.of(resourceQuotas)
  world.informers.of(statefulSets)
  world.informers.of(daemonSets)
  world.informers.of(deployments)
  world.informers.of(replicaSets)
  return {
    changes: () => changes,
    check() {
      const now = all.list(namespace)
      const inQuota = now.filter(isOf('tight')).filter((pod) => isCharged(pod, world.clock.now())).length
      assert.ok(inQuota <= tight.pods, `${inQuota} pods under a quota of ${tight.pods}`)
      const ready = now.filter(isOf('guarded')).filter(isReady).length
      if (ready === guarded.replicas) wasFull = true
    },
    atTheEnd() {
      assert.equal(succeeded.get('indexed')?.size, completions)
      assert.equal(highest.get('indexed'), completions)
      assert.equal(highest.get('counted'), completions)
    },
  }
}

/** What is not yet as it should be, in words. */
function unfinished(world: World, wanted: Wanted): readonly string[] {
  const { informers, nodes } = world
  const all = informers.of(pods).list(namespace)
  const readyOf = (app: string) => all.filter(isOf(app)).filter(isReady).length
  const left: string[] = []
  const expect = (what: string, is: unknown, should: unknown) => {
    if (is !== should) left.push(`${what}: ${is}, not ${should}`)
  }
  expect('ready under the quota', readyOf('tight'), tight.pods)
  expect('guarded', readyOf('guarded'), guarded.replicas)
  expect('agents', readyOf('agent'), nodes.list().length)
  expect('agents at all', all.filter(isOf('agent')).length, nodes.list().length)
  const db = informers.of(statefulSets).get(named('db')) as StatefulSet | undefined
  expect('db', readyOf('db'), wanted.replicas)
  expect('db at all', all.filter(isOf('db')).length, wanted.replicas)
  expect('db in its version', all.filter(isOf('db')).filter(isImage(wanted.image)).length, wanted.replicas)
  expect('db observed', db?.status?.observedGeneration, db?.metadata.generation)
  for (const name of ['indexed', 'counted']) {
    const { status } = informers.of(jobs).get(named(name)) ?? {}
    expect(
      `job ${name}`,
      status?.conditions?.some(({ type, status: value }) => type === 'Complete' && value === 'True'),
      true,
    )
    expect(`job ${name}, active`, status?.active ?? 0, 0)
  }
  expect('pods of what is gone', all.filter(isOf('gone')).length, 0)
  expect('sets of what is gone', informers.of(replicaSets).list(namespace).filter(isOf('gone')).length, 0)
  const owners = new Set(
    [replicaSets, statefulSets, daemonSets, jobs].flatMap((kind) =>
      informers
        .of(kind as ResourceDefinition<any>)
        .list(namespace)
        .map(({ metadata }) => metadata.uid),
    ),
  )
  const orphans = all.filter(({ metadata }) => metadata.ownerReferences?.every(({ uid }) => !owners.has(uid)) ?? true)
  expect('orphans', orphans.map(({ metadata }) => metadata.name).join(), '')
  return left
}

const isImage =
  (image: string) =>
  ({ spec }: Pod) =>
    spec.containers[0]?.image === image
