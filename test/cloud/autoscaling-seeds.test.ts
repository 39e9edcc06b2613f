/** The node autoscaler under loads that come and go by chance: what must hold at every moment, and where it must come to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { isActive, isReady, manualClock, seededRandom } from '../../src/machinery/index.ts'
import { deployments, nodes, podDisruptionBudgets, pods } from '../../src/resources/index.ts'
import { drivenBy } from '../fixtures/driven.ts'

const groups = [
  { name: 'small', minSize: 1, maxSize: 4, cpus: 2 },
  { name: 'large', minSize: 0, maxSize: 2, cpus: 8 },
]
const sizes = { web: '500m', worker: '1500m', batch: '3' }
const seeds = [1, 2]
const rounds = 15

async function run(seed: number): Promise<void> {
  const clock = manualClock()
  const random = seededRandom(seed)
  const driven = drivenBy(clock)
  const autoscaler = { scaleDownUnneededMs: 60_000, scaleDownDelayAfterAddMs: 60_000 }
  await using cluster = await driven.settled(
    startCluster({ nodes: 0, nodeGroups: groups, autoscaler, clock, random: seededRandom(seed + 100) }),
  )
  const { client } = cluster
  const at = (name: string) => ({ namespace: 'default', name })
  for (const [name, cpu] of Object.entries(sizes)) {
    const labels = { app: name }
    const container = { name: 'c', image: 'app', resources: { requests: { cpu } } }
    const template = { metadata: { labels }, spec: { containers: [container] } }
    const spec = { replicas: 0, selector: { matchLabels: labels }, template }
    const metadata = at(name)
    await driven.settled(
      client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec } as never),
    )
    const budget = { maxUnavailable: 1, selector: { matchLabels: labels } }
    const of = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: budget }
    await driven.settled(client.create(podDisruptionBudgets, of as never))
  }
  const scale = (name: string, replicas: number) =>
    driven.settled(client.patch(deployments, at(name), { type: 'merge', body: { spec: { replicas } } }))
  const look = async () => {
    const [allNodes, allPods] = [(await client.list(nodes)).items, (await client.list(pods)).items.filter(isActive)]
    for (const { name, maxSize } of groups) {
      const own = allNodes.filter(({ metadata }) => metadata.labels?.['coxswain.dev/node-group'] === name)
      assert.ok(own.length <= maxSize, `seed ${seed}: group ${name} has ${own.length} nodes`)
    }
    return { nodes: allNodes, pods: allPods, waiting: allPods.filter((pod) => !isReady(pod)).length }
  }
  const wanted = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    const names = Object.keys(sizes)
    const name = names[Math.floor(random.next() * names.length)]!
    // All of it fits what the groups may have together.
    const most = name === 'batch' ? 2 : 4
    wanted.set(name, Math.floor(random.next() * (most + 1)))
    await scale(name, wanted.get(name)!)
    const seconds = Math.ceil(random.next() * 200)
    for (let passed = 0; passed < seconds; passed += 10) {
      await driven.pass(10)
      await driven.settled(look())
    }
  }
  const total = [...wanted.values()].reduce((sum, count) => sum + count, 0)
  await driven.until(look, (now) => now.pods.length === total && now.waiting === 0, 600)
  for (const name of wanted.keys()) await scale(name, 0)
  const left = await driven.until(look, (now) => now.nodes.length === 1, 3600)
  assert.equal(left.nodes[0]!.metadata.labels?.['coxswain.dev/node-group'], 'small', `seed ${seed}`)
}

for (const seed of seeds)
  test(`groups stay within their bounds, every pod gets its place, and nothing stays that is not needed (seed ${seed})`, () =>
    run(seed))
