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
import { planCrashes, planJumps, planSilence, scheduleOf } from './trouble.ts'
import { createAll, named, namespace, onSteadyNodes, type Size, template, whole } from './workload-objects.ts'
import { createWorld, type World } from './world.ts'

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
export async function simulateWorkloads(seed: number, size: Size = whole): Promise<WorkloadsOutcome> {
  const { nodeCount, troubleMs } = size
  const world = await createWorld(seed, nodeCount, (clock) => {
    const startMs = clock.now()
    const until = (nowMs: number) => nowMs < startMs + troubleMs
    return { failing: 0.1, latencyMsMax: 30, watchLagMsMax: 150, breaking: 0.01, until }
  })
  try {
    const law = lawOf(world, size)
    world.start('controllers')
    world.start('scheduler')
    await createAll(world, size)
    const plan = planTrouble(world, size)
    await world.run(troubleMs, law.check)
    const calmMs = world.clock.now()
    const left = () => unfinished(world, size, plan.wanted)
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
  rolled: string
}

/** Decides, from the seed, what happens when: roll-outs, scaling, evictions, crashes, power losses, a deletion. */
function planTrouble(world: World, size: Size) {
  const { troubleMs, nodeCount, awayMsMax } = size
  const { random, clock, client } = world
  const schedule = scheduleOf(world)
  const { at, within, steps } = schedule
  const wanted: Wanted = { image: 'v1', replicas: 3, rolled: 'v1' }
  let evictions = 0
  for (let version = 2; version <= 3; version++) {
    const replicas = 1 + Math.floor(random.next() * size.dbMax)
    const spanMs = troubleMs / 2.4
    at(
      within((version - 2) * spanMs + troubleMs / 24, (version - 1) * spanMs),
      `db: v${version}, ${replicas} of it`,
      () => {
        Object.assign(wanted, { image: `v${version}`, replicas })
        const body = { spec: { replicas, template: template('db', {}, `v${version}`) } }
        return client.patch(statefulSets, named('db'), { type: 'merge', body })
      },
    )
  }
  for (let version = 2; version <= 4; version++)
    at(
      within(((version - 2) * troubleMs) / 4 + troubleMs / 24, ((version - 1) * troubleMs) / 4),
      `rolled: v${version}`,
      () => {
        wanted.rolled = `v${version}`
        const body = { spec: { template: template('rolled', { spec: onSteadyNodes(size) }, wanted.rolled) } }
        return client.patch(deployments, named('rolled'), { type: 'merge', body })
      },
    )
  at(within(troubleMs / 12, troubleMs / 1.2), 'a Deployment is deleted', () =>
    client.delete(deployments, named('gone'), { propagationPolicy: random.next() < 0.5 ? 'Background' : 'Foreground' }),
  )
  for (let ms = troubleMs / 16; ms < troubleMs; ms += within(1500, 6000)) {
    clock.after(ms, async () => {
      const all = world.informers.of(pods).list(namespace).filter(isOf('guarded'))
      const victim = all[Math.floor(random.next() * all.length)]
      if (victim === undefined) return
      const done = await evict(world, victim)
      if (done) evictions++
    })
  }
  planCrashes(world, schedule, troubleMs, size.crashes)
  planJumps(world, schedule, troubleMs)
  planSilence(world, schedule, troubleMs, awayMsMax, [`node-${nodeCount - 2}`])
  const dying = 1 + Math.floor(random.next() * (nodeCount / 2 - 1))
  for (let index = 0; index < dying; index++) {
    const node = `node-${index * 2}`
    const ms = within(1000, troubleMs * 0.8)
    at(ms, `${node} loses power`, () => world.nodes.stop(node))
    // A StatefulSet waits for a node that may still run its pod: every one comes back in the end.
    at(ms + within(5000, awayMsMax), `${node} is back`, () => world.nodes.start(node))
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

/** An app on nodes that stay well: whoever takes a ready pod of it away leaves enough of them. */
function floorOf(world: World, app: string, replicas: number, least: number) {
  const isOurs = isOf(app)
  let lostMs = Number.NEGATIVE_INFINITY
  let wasFull = false
  const readyOf = (list: readonly Pod[]) => list.filter(isOurs).filter(isReady).length
  return {
    see(next: Pod, previous: Pod | undefined) {
      if (!isOurs(next) || previous === undefined || !isReady(previous)) return
      const isLeaving = next.metadata.deletionTimestamp !== undefined
      if (!isReady(next) && !isLeaving) lostMs = world.clock.now()
      if (!isLeaving || !wasFull || world.clock.now() - lostMs <= involuntaryMs) return
      const ready = readyOf(world.informers.of(pods).list(namespace))
      assert.ok(ready >= least, `of ${app} ${ready} pods were left ready, not ${least}`)
    },
    check(now: readonly Pod[]) {
      if (!wasFull && readyOf(now) === replicas) wasFull = true
    },
  }
}

/** Kubernetes: at most one pod of a StatefulSet's ordinal: it goes only once its node says that it has ended. */
function letGo(world: World, { metadata, spec }: Pod): void {
  if (spec.nodeName === undefined || spec.nodeName === '') return
  assert.ok(world.hasEnded(metadata.uid), `${metadata.name} is gone, and may run on ${spec.nodeName} still`)
}

/** The sets of the Deployment that is rolled never ask for more pods than it wants and may exceed by. */
function surgeHolds({ informers }: World, { rolled }: Size): void {
  const asked = informers
    .of(replicaSets)
    .list(namespace)
    .filter(isOf('rolled'))
    .reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0)
  const most = rolled.replicas + rolled.maxSurge
  assert.ok(asked <= most, `a roll-out asks for ${asked} pods, and may have ${most}`)
}

/** What must hold at every moment. */
function lawOf(world: World, size: Size) {
  const { guarded, rolled, tight, completions } = size
  let changes = 0
  let isStale = true
  const succeeded = new Map<string, Map<string, string>>()
  const all = world.informers.of(pods)
  const floors = [
    floorOf(world, 'guarded', guarded.replicas, guarded.minAvailable),
    floorOf(world, 'rolled', rolled.replicas, rolled.replicas - rolled.maxUnavailable),
  ]
  all.subscribe((next, previous) => {
    changes++
    isStale = true
    if (next === undefined) {
      if (previous !== undefined && isOf('db')(previous)) letGo(world, previous)
      return
    }
    for (const floor of floors) floor.see(next, previous)
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
  world.informers.of(replicaSets).subscribe(() => {
    isStale = true
  })
  return {
    changes: () => changes,
    check() {
      if (!isStale) return
      isStale = false
      const now = all.list(namespace)
      const latestMs = world.clock.now() + world.spreadMs
      const inQuota = now.filter(isOf('tight')).filter((pod) => isCharged(pod, latestMs)).length
      assert.ok(inQuota <= tight.pods, `${inQuota} pods under a quota of ${tight.pods}`)
      surgeHolds(world, size)
      for (const floor of floors) floor.check(now)
    },
    atTheEnd() {
      assert.equal(succeeded.get('indexed')?.size, completions)
      assert.equal(highest.get('indexed'), completions)
      assert.equal(highest.get('counted'), completions)
    },
  }
}

/** What is not yet as it should be, in words. */
function unfinished(world: World, { guarded, rolled, tight }: Size, wanted: Wanted): readonly string[] {
  const { informers, nodes } = world
  const all = informers.of(pods).list(namespace)
  const readyOf = (app: string) => all.filter(isOf(app)).filter(isReady).length
  const left: string[] = []
  const expect = (what: string, is: unknown, should: unknown) => {
    if (is !== should) left.push(`${what}: ${is}, not ${should}`)
  }
  expect('ready under the quota', readyOf('tight'), tight.pods)
  expect('guarded', readyOf('guarded'), guarded.replicas)
  expect('rolled', readyOf('rolled'), rolled.replicas)
  const rolledNow = all.filter(isOf('rolled'))
  expect('rolled at all', rolledNow.length, rolled.replicas)
  expect('rolled to its version', rolledNow.filter(isImage(wanted.rolled)).length, rolled.replicas)
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
