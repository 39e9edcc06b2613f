/** A Deployment of 20 is rolled over and over while nodes die, calls fail, caches lag and components crash. */
import assert from 'node:assert/strict'
import type { Unsaved } from '../../src/machinery/index.ts'
import { type Deployment, deployments, pods } from '../../src/resources/index.ts'
import { hasConverged, watchOver } from './invariants.ts'
import { planCrashes, planJumps, planSilence, scheduleOf } from './trouble.ts'
import { createWorld, type World } from './world.ts'

const replicas = 20
const nodeCount = 8
const troubleMs = 4 * 60_000
const recoveryMs = 30 * 60_000
const name = { namespace: 'default', name: 'web' }

export interface Outcome {
  readonly seed: number
  readonly hash: string
  readonly changes: number
  /** Simulated time from the end of all trouble until all was well. */
  readonly recoveredInMs: number
  readonly plan: readonly string[]
}

/** Runs one seed to its end; rejects when an invariant breaks or the cluster does not recover. */
export async function simulateRollout(seed: number): Promise<Outcome> {
  const world = await createWorld(seed, nodeCount, (clock) => {
    const startMs = clock.now()
    return {
      failing: 0.1,
      latencyMsMax: 30,
      watchLagMsMax: 150,
      breaking: 0.01,
      until: (nowMs) => nowMs < startMs + troubleMs,
    }
  })
  try {
    const watcher = watchOver(world)
    world.start('controllers')
    world.start('scheduler')
    await world.client.create(deployments, deployment('v1'))
    const plan = planTrouble(world)
    await world.run(troubleMs, watcher.check)
    const calmMs = world.clock.now()
    await world.run(recoveryMs, watcher.check, () => hasConverged(world, name.name, plan.image, replicas))
    assert.ok(
      hasConverged(world, name.name, plan.image, replicas),
      `no recovery within ${recoveryMs / 60_000} minutes: ${stateOf(world)}`,
    )
    const recoveredInMs = world.clock.now() - calmMs
    return { seed, hash: watcher.hash(), changes: watcher.changes, recoveredInMs, plan: plan.steps }
  } finally {
    await world.stop()
  }
}

/** Decides, from the seed, what happens when: roll-outs, crashes, power losses. */
function planTrouble(world: World): { readonly image: string; readonly steps: readonly string[] } {
  const { random } = world
  const schedule = scheduleOf(world)
  const { at, within, steps } = schedule
  const versions = 2 + Math.floor(random.next() * 2)
  for (let version = 2; version <= versions + 1; version++) {
    const image = `v${version}`
    at(within(5000 + (version - 2) * 50_000, version * 25_000), `roll out ${image}`, () => void rollOut(world, image))
  }
  planCrashes(world, schedule, troubleMs, 3)
  planJumps(world, schedule, troubleMs)
  planSilence(world, schedule, troubleMs, 500_000, ['node-5', 'node-7'])
  const dying = 1 + Math.floor(random.next() * 3)
  for (let index = 0; index < dying; index++) {
    const node = `node-${index * 2}`
    const ms = within(1000, troubleMs * 0.8)
    at(ms, `${node} loses power`, () => world.nodes.stop(node))
    if (random.next() < 0.5) at(ms + within(5000, 300_000), `${node} is back`, () => world.nodes.start(node))
  }
  return { image: `v${versions + 1}`, steps }
}

async function rollOut(world: World, image: string): Promise<void> {
  const { spec } = deployment(image)
  await world.client.patch(deployments, name, { type: 'merge', body: { spec: { template: spec.template } } })
}

function deployment(image: string): Unsaved<Deployment> {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: name,
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: {
          labels: { app: 'web' },
          annotations: {
            'simulated.coxswain.io/start-delay': '500ms',
            'simulated.coxswain.io/ready-delay': '1500ms',
            'simulated.coxswain.io/stop-delay': '800ms',
          },
        },
        spec: { containers: [{ name: 'web', image }] },
      },
    },
  }
}

function stateOf(world: World): string {
  const found = world.informers.of(deployments).get(name)
  const all = world.informers.of(pods).list('default')
  const lines = all.map(
    ({ metadata, spec, status }) =>
      `${metadata.name} ${spec.containers[0]?.image} ${spec.nodeName} ${status.phase} ${metadata.deletionTimestamp ?? ''} ${status.conditions?.map(({ type, status: value }) => `${type}=${value}`).join()}`,
  )
  return `${JSON.stringify(found?.status)}\n${lines.join('\n')}`
}
