import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import { factsOf } from '../framework/pod-facts.ts'
import { defaultPlugins } from '../plugins/index.ts'
import { nodesToScore, Placer } from './place.ts'

let serial = 0
function podThat(spec: object = {}, requests?: Record<string, string>): Pod {
  const name = `pod-${serial++}`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec: {
      containers: [{ name: 'c', image: 'app', ...(requests === undefined ? {} : { resources: { requests } }) }],
      ...spec,
    },
  } as unknown as Pod
}
function nodeThat(
  name: string,
  more: { labels?: object; spec?: object; allocatable?: object; images?: object[] } = {},
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels: more.labels ?? {} },
    spec: more.spec ?? {},
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...more.allocatable }, images: more.images ?? [] },
  } as unknown as Node
}
function columnsOf(...nodes: Node[]): NodeColumns {
  const columns = new NodeColumns()
  for (const node of nodes) columns.setNode(node)
  return columns
}
const placer = (seed = 1) => new Placer(defaultPlugins, seededRandom(seed))

const refusals = [
  { name: 'without nodes', nodes: [], pod: podThat(), message: 'no nodes available to schedule pods' },
  {
    name: 'for want of cpu and memory, and for a taint',
    nodes: [nodeThat('a'), nodeThat('b', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } })],
    pod: podThat({}, { cpu: '5', memory: '9Gi' }),
    message:
      '0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
  },
  {
    name: 'on cordoned nodes and on those with other labels',
    nodes: [nodeThat('a', { spec: { unschedulable: true } }), nodeThat('b', { labels: { disk: 'hdd' } })],
    pod: podThat({ nodeSelector: { disk: 'ssd' } }),
    message:
      "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  },
  {
    name: 'when a full node could be freed',
    nodes: [nodeThat('a', { allocatable: { pods: '0' } })],
    pod: podThat(),
    message:
      '0/1 nodes are available: 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  },
]
test('what keeps a pod from making room is said as it is', () => {
  const placement = placer().place(factsOf(podThat({}, { cpu: '4500m' })), columnsOf(nodeThat('a')))
  const why = 'not eligible due to preemptionPolicy=Never.'
  assert.equal(
    placement.nodeName === undefined && placement.says(why),
    `0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: ${why}`,
  )
})
for (const { name, nodes, pod, message } of refusals) {
  test(`the scheduler says why a pod is refused ${name}`, () => {
    const placement = placer().place(factsOf(pod), columnsOf(...nodes))
    assert.equal(placement.nodeName === undefined && placement.message, message)
  })
}

test('the scheduler prefers nodes with more left, with the image, and without soft taints', () => {
  const columns = columnsOf(nodeThat('full'), nodeThat('empty'))
  columns.addPod(factsOf(podThat({}, { cpu: '3', memory: '6Gi' })), 'full')
  assert.equal(placer().place(factsOf(podThat({}, { cpu: '500m', memory: '1Gi' })), columns).nodeName, 'empty')
  const withImage = columnsOf(
    nodeThat('with', { images: [{ names: ['app:latest'], sizeBytes: 900 * 1024 * 1024 }] }),
    nodeThat('without'),
  )
  assert.equal(placer().place(factsOf(podThat()), withImage).nodeName, 'with')
  const soft = columnsOf(
    nodeThat('soft', { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } }),
    nodeThat('plain'),
  )
  assert.equal(placer().place(factsOf(podThat()), soft).nodeName, 'plain')
})

test('host ports keep two pods off one node, and a freed one is used again', () => {
  const columns = columnsOf(nodeThat('a'))
  const one = factsOf(
    podThat({ containers: [{ name: 'c', image: 'app', ports: [{ containerPort: 80, hostPort: 8080 }] }] }),
  )
  const two = factsOf(
    podThat({ containers: [{ name: 'c', image: 'app', ports: [{ containerPort: 81, hostPort: 8080 }] }] }),
  )
  columns.addPod(one, 'a')
  const refused = placer().place(two, columns)
  assert.match(
    refused.nodeName === undefined ? refused.message : '',
    /1 node\(s\) didn't have free ports for the requested pod ports/,
  )
  columns.removePod(one.pod.metadata.uid)
  assert.equal(placer().place(two, columns).nodeName, 'a')
})

test('the number of nodes scored follows percentageOfNodesToScore', () => {
  assert.deepEqual(
    [50, 100, 1000, 5000, 10000].map((count) => nodesToScore(count)),
    [50, 100, 420, 500, 500],
  )
  assert.deepEqual(
    [50, 1000, 5000].map((count) => nodesToScore(count, 80)),
    [50, 800, 4000],
  )
})

test('columns and plain plugins agree on random clusters', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed)
    const pick = (count: number) => Math.floor(random.next() * count)
    const nodes = Array.from({ length: 1 + pick(40) }, (_, at) =>
      nodeThat(`n${at}`, {
        labels: { zone: `z${pick(3)}` },
        spec: {
          ...(pick(5) === 0 ? { unschedulable: true } : {}),
          taints:
            pick(4) === 0
              ? [{ key: 'dedicated', value: `t${pick(2)}`, effect: pick(2) === 0 ? 'NoSchedule' : 'PreferNoSchedule' }]
              : [],
        },
        allocatable: { cpu: `${1 + pick(4)}`, memory: `${1 + pick(8)}Gi`, pods: `${pick(6)}` },
      }),
    )
    const columns = columnsOf(...nodes)
    const one = placer(seed)
    for (let step = 0; step < 60; step++) {
      const facts = factsOf(
        podThat({
          ...(pick(3) === 0 ? { nodeSelector: { zone: `z${pick(3)}` } } : {}),
          ...(pick(3) === 0 ? { tolerations: [{ key: 'dedicated', operator: 'Equal', value: `t${pick(2)}` }] } : {}),
          containers: [
            {
              name: 'c',
              image: 'app',
              resources: { requests: { cpu: `${pick(8) * 250}m`, memory: `${pick(4)}Gi` } },
              ...(pick(5) === 0 ? { ports: [{ containerPort: 80, hostPort: 8000 + pick(2) }] } : {}),
            },
          ],
        }),
      )
      // The oracle: each node asked on its own, by each plugin's plain form.
      const able = nodes.filter((node) => {
        const index = columns.placeOf(node.metadata.name)!
        return defaultPlugins.every(
          (plugin) =>
            plugin.filter === undefined ||
            plugin.skips?.(facts) === true ||
            plugin.filter(facts, { index, node, columns }).fits,
        )
      })
      const placement = one.place(facts, columns)
      if (placement.nodeName === undefined)
        assert.equal(
          able.length,
          0,
          `seed ${seed}, step ${step}: refused, although ${able.map((node) => node.metadata.name)} fit`,
        )
      else {
        assert.ok(
          able.some((node) => node.metadata.name === placement.nodeName),
          `seed ${seed}, step ${step}: ${placement.nodeName} does not fit`,
        )
        columns.addPod(facts, placement.nodeName)
      }
      if (pick(10) === 0) columns.setNode(nodeThat(`n${pick(nodes.length)}`, { labels: { zone: 'z0' } }))
      nodes.splice(0, nodes.length, ...columns.nodes.filter((node) => node !== undefined))
    }
  }
})

const inZones = (...zones: string[]) =>
  zones.map((zone, at) => nodeThat(`n${at}`, { labels: { zone, host: `n${at}` } }))
const labelled = (labels: object, spec: object = {}): Pod => {
  const pod = podThat(spec) as any
  return { ...pod, metadata: { ...pod.metadata, labels } }
}
const term = (app: string, topologyKey: string) => ({ labelSelector: { matchLabels: { app } }, topologyKey })
const required = (kind: 'podAffinity' | 'podAntiAffinity', app: string, key: string) => ({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } },
})

test('pod affinity keeps pods near those they name, and lets the first of a group go anywhere', () => {
  const columns = columnsOf(...inZones('a', 'a', 'b'))
  const lonely = labelled({ app: 'web' }, required('podAffinity', 'db', 'zone'))
  const refused = placer().place(factsOf(lonely), columns)
  assert.match(refused.nodeName === undefined ? refused.message : '', /3 node\(s\) didn't match pod affinity rules/)
  columns.addPod(factsOf(labelled({ app: 'db' })), 'n2')
  assert.equal(placer().place(factsOf(lonely), columns).nodeName, 'n2')
  const first = labelled({ app: 'group' }, required('podAffinity', 'group', 'zone'))
  assert.notEqual(placer().place(factsOf(first), columns).nodeName, undefined)
})

test('pod anti-affinity keeps pods apart, in both directions', () => {
  const columns = columnsOf(...inZones('a', 'b'))
  columns.addPod(factsOf(labelled({ app: 'web' }, required('podAntiAffinity', 'web', 'zone'))), 'n0')
  assert.equal(
    placer().place(factsOf(labelled({ app: 'web' }, required('podAntiAffinity', 'web', 'zone'))), columns).nodeName,
    'n1',
  )
  // A pod without rules of its own is still kept away by those of the pod that is there.
  assert.equal(placer().place(factsOf(labelled({ app: 'web' })), columns).nodeName, 'n1')
  columns.addPod(factsOf(labelled({ app: 'web' }, required('podAntiAffinity', 'web', 'zone'))), 'n1')
  const refused = placer().place(factsOf(labelled({ app: 'web' })), columns)
  assert.match(
    refused.nodeName === undefined ? refused.message : '',
    /2 node\(s\) didn't satisfy existing pods anti-affinity rules/,
  )
})

test('topology spread keeps the skew within bounds', () => {
  const columns = columnsOf(...inZones('a', 'a', 'b'))
  const spread = () =>
    labelled(
      { app: 'web' },
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'zone',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { app: 'web' } },
          },
        ],
      },
    )
  const zones: string[] = []
  for (let count = 0; count < 6; count++) {
    const facts = factsOf(spread())
    const { nodeName } = placer(count + 1).place(facts, columns)
    assert.notEqual(nodeName, undefined)
    columns.addPod(facts, nodeName!)
    zones.push(columns.nodes[columns.placeOf(nodeName!)!]!.metadata.labels!.zone!)
  }
  assert.equal(zones.filter((zone) => zone === 'a').length, 3)
  columns.removeNode('n2')
  columns.setNode(nodeThat('n3', { labels: {} }))
  const unlabelled = placer().place(factsOf(labelled({ app: 'web' }, { ...spread().spec, nodeSelector: {} })), columns)
  assert.match(unlabelled.nodeName ?? '', /^n[01]$/)
})

test('a pod goes only where the kubelet declares what the pod needs', () => {
  const declares = (name: string, ...declaredFeatures: string[]) => {
    const node = nodeThat(name)
    return { ...node, status: { ...node.status, declaredFeatures } } as Node
  }
  const columns = columnsOf(declares('old'), declares('new', 'RestartAllContainersOnContainerExits'))
  const restartPolicyRules = [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }]
  const needs = podThat({ containers: [{ name: 'c', image: 'app', restartPolicyRules }] })
  assert.equal(placer().place(factsOf(needs), columns).nodeName, 'new')
  const placement = placer().place(factsOf(needs), columnsOf(declares('old')))
  assert.match(
    placement.nodeName === undefined ? placement.message : '',
    /^0\/1 nodes are available: 1 node\(s\) didn't match Pod's required features\. /,
  )
})
