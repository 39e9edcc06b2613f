import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelQueryOf, matchesNodeAffinity, seededRandom, untoleratedTaint } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import { deviceBookThat } from '../devices/fixtures.ts'
import { factsOf } from '../framework/pod-facts.ts'
import { pluginsOf } from '../plugins/index.ts'
import type { PluginArguments } from '../profile/choices.ts'
import type { RefusedPlacement } from './explain.ts'
import { Placer } from './place.ts'

/*
 * The oracle: the rules of InterPodAffinity, PodTopologySpread and the resource scores written down as Kubernetes states them,
 * over lists of nodes and pods, with nothing kept from one decision to the next. A placement is right when no node that can
 * take the pod has a higher total.
 */
interface World {
  readonly nodes: Map<string, Node>
  readonly pods: Map<string, { readonly pod: Pod; readonly nodeName: string; readonly devices: Disposable | undefined }>
  /** How many devices there are on each node. */
  readonly devices: Map<string, number>
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>
}
type Labels = Readonly<Record<string, string>>
const hostname = 'kubernetes.io/hostname'
const labelsOf = (object: { metadata: { labels?: Labels } }): Labels => object.metadata.labels ?? {}

function termMatches(world: World, term: any, owner: Pod, other: Pod): boolean {
  const namespace = other.metadata.namespace!
  const isNamed =
    term.namespaces === undefined && term.namespaceSelector === undefined
      ? namespace === owner.metadata.namespace
      : (term.namespaces ?? []).includes(namespace) ||
        (term.namespaceSelector !== undefined &&
          labelQueryOf(term.namespaceSelector).matches(world.namespaces[namespace] ?? {}))
  return isNamed && labelQueryOf(term.labelSelector).matches(labelsOf(other))
}
const required = (pod: Pod, kind: 'podAffinity' | 'podAntiAffinity'): any[] =>
  (pod.spec?.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution as never) ?? []
const preferred = (pod: Pod, kind: 'podAffinity' | 'podAntiAffinity'): any[] =>
  (pod.spec?.affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution as never) ?? []
const near = (a: Node, b: Node, key: string) => labelsOf(a)[key] !== undefined && labelsOf(a)[key] === labelsOf(b)[key]
const placedIn = (world: World) =>
  [...world.pods.values()].map(({ pod, nodeName }) => ({ pod, at: world.nodes.get(nodeName)! }))

function affinityAllows(world: World, pod: Pod, node: Node): boolean {
  const placed = placedIn(world)
  const terms = required(pod, 'podAffinity')
  if (terms.some(({ topologyKey }) => labelsOf(node)[topologyKey] === undefined)) return false
  const matchesAll = (other: Pod) => terms.every((term) => termMatches(world, term, pod, other))
  const isMet = terms.every(({ topologyKey }) =>
    placed.some((one) => matchesAll(one.pod) && near(one.at, node, topologyKey)),
  )
  const isAnywhere = placed.some(
    (one) => matchesAll(one.pod) && terms.some(({ topologyKey }) => labelsOf(one.at)[topologyKey] !== undefined),
  )
  if (!isMet && (isAnywhere || !matchesAll(pod))) return false
  for (const term of required(pod, 'podAntiAffinity'))
    if (placed.some((one) => termMatches(world, term, pod, one.pod) && near(one.at, node, term.topologyKey)))
      return false
  return !placed.some((one) =>
    required(one.pod, 'podAntiAffinity').some(
      (term) => termMatches(world, term, one.pod, pod) && near(one.at, node, term.topologyKey),
    ),
  )
}

function affinityWeight(world: World, pod: Pod, node: Node, args: PluginArguments): number {
  const { hardPodAffinityWeight: hard = 1, ignorePreferredTermsOfExistingPods: ignores = false } =
    args.InterPodAffinity ?? {}
  if (ignores && [...preferred(pod, 'podAffinity'), ...preferred(pod, 'podAntiAffinity')].length === 0) return 0
  let sum = 0
  for (const { pod: other, at } of placedIn(world)) {
    for (const [kind, sign] of [
      ['podAffinity', 1],
      ['podAntiAffinity', -1],
    ] as const) {
      for (const { weight, podAffinityTerm: term } of preferred(pod, kind))
        if (termMatches(world, term, pod, other) && near(at, node, term.topologyKey)) sum += sign * weight
      for (const { weight, podAffinityTerm: term } of preferred(other, kind))
        if (termMatches(world, term, other, pod) && near(at, node, term.topologyKey)) sum += sign * weight
    }
    for (const term of required(other, 'podAffinity'))
      if (termMatches(world, term, other, pod) && near(at, node, term.topologyKey)) sum += hard
  }
  return sum
}

/** Of a resource that a node does not offer itself, pods get devices instead. */
function devicesAllow(world: World, pod: Pod, node: Node): boolean {
  const asked = devicesAsked(pod)
  if (asked === 0 || node.status?.allocatable?.[deviceResource] !== undefined) return true
  const taken = [...world.pods.values()]
    .filter(({ nodeName, devices }) => nodeName === node.metadata.name && devices !== undefined)
    .reduce((sum, one) => sum + devicesAsked(one.pod), 0)
  return asked <= (world.devices.get(node.metadata.name) ?? 0) - taken
}
const deviceResource = 'dev.io/d'
const devicesAsked = (pod: Pod) => Number(pod.spec.containers[0]!.resources?.requests?.[deviceResource] ?? 0)

const constraintsOf = (pod: Pod, what: string): any[] =>
  ((pod as any).spread ?? pod.spec?.topologySpreadConstraints ?? []).filter(
    (one: any) => one.whenUnsatisfiable === what,
  )
/** The pod with the constraints that its profile gives it. */
function withDefaults(pod: Pod, args: PluginArguments): Pod {
  const { defaultConstraints } = args.PodTopologySpread ?? {}
  if (defaultConstraints === undefined || (pod.spec?.topologySpreadConstraints ?? []).length > 0) return pod
  return { ...pod, spread: defaultConstraints.map((one) => ({ ...one, labelSelector: alikeOf(pod) })) } as never
}
const alikeOf = (pod: Pod) => ({ matchLabels: { app: pod.metadata.labels!.app! } })

function takesPart(pod: Pod, constraint: any, node: Node): boolean {
  const view = { name: node.metadata.name, labels: labelsOf(node) }
  if (constraint.nodeAffinityPolicy !== 'Ignore' && !matchesNodeAffinity(pod.spec as never, view as never)) return false
  return (
    constraint.nodeTaintsPolicy !== 'Honor' ||
    untoleratedTaint(node.spec?.taints as never, pod.spec?.tolerations as never) === undefined
  )
}
const countOn = (world: World, pod: Pod, constraint: any, name: string) =>
  [...world.pods.values()].filter(
    (one) =>
      one.nodeName === name &&
      one.pod.metadata.namespace === pod.metadata.namespace &&
      one.pod.metadata.deletionTimestamp === undefined &&
      labelQueryOf(constraint.labelSelector).matches(labelsOf(one.pod)),
  ).length

function spreadAllows(world: World, pod: Pod, node: Node): boolean {
  const constraints = constraintsOf(pod, 'DoNotSchedule')
  const hasAll = (one: Node) => constraints.every(({ topologyKey }) => labelsOf(one)[topologyKey] !== undefined)
  return constraints.every((constraint) => {
    const value = labelsOf(node)[constraint.topologyKey]
    if (value === undefined) return false
    const counts = new Map<string, number>()
    for (const one of world.nodes.values()) {
      if (!hasAll(one) || !takesPart(pod, constraint, one)) continue
      const domain = labelsOf(one)[constraint.topologyKey]!
      counts.set(domain, (counts.get(domain) ?? 0) + countOn(world, pod, constraint, one.metadata.name))
    }
    const least = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values())
    const self = labelQueryOf(constraint.labelSelector).matches(labelsOf(pod)) ? 1 : 0
    return (counts.get(value) ?? 0) + self - (Number.isFinite(least) ? least : 0) <= constraint.maxSkew
  })
}

function spreadScores(world: World, pod: Pod, able: readonly Node[]): number[] {
  const constraints = constraintsOf(pod, 'ScheduleAnyway')
  if (constraints.length === 0) return able.map(() => 0)
  const hasAll = (one: Node) => constraints.every(({ topologyKey }) => labelsOf(one)[topologyKey] !== undefined)
  const scored = able.filter(hasAll)
  const raw = able.map((node) => {
    if (!hasAll(node)) return undefined
    let sum = 0
    for (const constraint of constraints) {
      const { topologyKey, maxSkew } = constraint
      const domains = new Set(scored.map((one) => labelsOf(one)[topologyKey]))
      const weight = Math.log((topologyKey === hostname ? scored.length : domains.size) + 2)
      let count = 0
      if (topologyKey === hostname) count = countOn(world, pod, constraint, node.metadata.name)
      else
        for (const one of world.nodes.values())
          if (hasAll(one) && takesPart(pod, constraint, one) && near(one, node, topologyKey))
            count += countOn(world, pod, constraint, one.metadata.name)
      sum += count * weight + (maxSkew - 1)
    }
    return Math.round(sum)
  })
  const known = raw.filter((one) => one !== undefined)
  const [low, high] = [Math.min(...known), Math.max(0, ...known)]
  return raw.map((one) => (one === undefined ? 0 : high === 0 ? 100 : Math.trunc((100 * (high + low - one)) / high)))
}

/** A share in use as a strategy of NodeResourcesFit scores it. */
function shareScore(strategy: any, used: number, all: number): number {
  if (strategy.type === 'LeastAllocated') return used > all ? 0 : Math.floor(((all - used) * 100) / all)
  if (strategy.type === 'MostAllocated') return Math.floor((Math.min(used, all) * 100) / all)
  const percent = used > all ? 100 : Math.floor((used * 100) / all)
  const points = strategy.requestedToCapacityRatio.shape as { utilization: number; score: number }[]
  const next = points.findIndex(({ utilization }) => percent <= utilization)
  if (next === 0) return points[0]!.score * 10
  if (next < 0) return points.at(-1)!.score * 10
  const [a, b] = [points[next - 1]!, points[next]!]
  const rise = (b.score - a.score) * 10
  return a.score * 10 + Math.trunc((rise * (percent - a.utilization)) / (b.utilization - a.utilization))
}

/** The mean of the shares' scores, weighted; what a node lacks, or a pod does not ask for of a device, is no part of it. */
function fitScore(strategy: any, asked: any, used: any, has: any): number {
  let [sum, weights] = [0, 0]
  for (const { name, weight = 1 } of strategy.resources) {
    if (!has[name] || (name === 'gpu.io/x' && !asked[name])) continue
    const score = shareScore(strategy, used[name], has[name])
    if (strategy.type === 'RequestedToCapacityRatio' && score <= 0) continue
    sum += score * weight
    weights += weight
  }
  if (weights === 0) return 0
  return strategy.type === 'RequestedToCapacityRatio' ? Math.round(sum / weights) : Math.floor(sum / weights)
}

function evenness(names: readonly string[], asked: any, used: any, has: any): number {
  const shares = names
    .filter((name) => has[name] && (name !== 'gpu.io/x' || asked[name]))
    .map((name) => Math.min(1, used[name] / has[name]))
  if (shares.length < 2) return 100
  const mean = shares.reduce((a, b) => a + b, 0) / shares.length
  const deviation =
    shares.length === 2
      ? Math.abs(shares[0]! - shares[1]!) / 2
      : Math.sqrt(shares.reduce((a, b) => a + (b - mean) ** 2, 0) / shares.length)
  return Math.trunc((1 - deviation) * 100)
}

const plainResources = [{ name: 'cpu' }, { name: 'memory' }]
/** What a profile with these arguments gives each of the nodes that can take the pod. */
function totals(world: World, pod: Pod, able: readonly Node[], args: PluginArguments): number[] {
  const milli = (text: string) => (text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000)
  const mebi = (text: string) => Number(text.replace('Mi', ''))
  const strategy = { type: 'LeastAllocated', resources: plainResources, ...args.NodeResourcesFit?.scoringStrategy }
  const balanced = (args.NodeResourcesBalancedAllocation?.resources ?? plainResources).map(({ name }) => name)
  const askedBy = ({ spec }: Pod) => {
    const { cpu, memory, 'gpu.io/x': gpu } = (spec!.containers[0] as any).resources?.requests ?? {}
    return {
      bare: { cpu: milli(cpu ?? '0'), memory: mebi(memory ?? '0Mi'), 'gpu.io/x': Number(gpu ?? 0) },
      assumed: { cpu: milli(cpu ?? '100m'), memory: mebi(memory ?? '200Mi'), 'gpu.io/x': Number(gpu ?? 0) },
    }
  }
  const sum = (list: readonly any[]) =>
    Object.fromEntries(
      ['cpu', 'memory', 'gpu.io/x'].map((name) => [name, list.reduce((total, one) => total + one[name], 0)]),
    )
  const own = askedBy(pod)
  const plain = able.map((node) => {
    const { cpu, memory, 'gpu.io/x': gpu } = node.status!.allocatable as any
    const has = { cpu: milli(cpu), memory: mebi(memory), 'gpu.io/x': Number(gpu ?? 0) }
    const there = [...world.pods.values()]
      .filter((one) => one.nodeName === node.metadata.name)
      .map((one) => askedBy(one.pod))
    const fit = fitScore(strategy, own.assumed, sum([...there.map(({ assumed }) => assumed), own.assumed]), has)
    const before = sum(there.map(({ bare }) => bare))
    if (balanced.every((name) => (own.bare as any)[name] === 0)) return fit
    const after = evenness(balanced, own.bare, sum([before, own.bare]), has)
    return fit + 50 + Math.trunc((50 + after - evenness(balanced, own.bare, before, has)) / 2)
  })
  const added = args.NodeAffinity?.addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const wanted = able.map((node) =>
    added.reduce(
      (total, { weight, preference }) =>
        preference.matchExpressions!.every(({ key, values }) => values!.includes(labelsOf(node)[key] ?? ''))
          ? total + weight
          : total,
      0,
    ),
  )
  const mostWanted = Math.max(0, ...wanted)
  const near = wanted.map((one) => (mostWanted === 0 ? 0 : Math.floor((one * 100) / mostWanted)))
  const soft = able.map((node) => {
    const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'PreferNoSchedule')
    return taints.filter(
      (taint) => untoleratedTaint([taint] as never, pod.spec?.tolerations as never, ['PreferNoSchedule']) !== undefined,
    ).length
  })
  const most = Math.max(0, ...soft)
  const tainted = soft.map((one) => (most === 0 ? 100 : 100 - Math.floor((one * 100) / most)))
  const weights = able.map((node) => affinityWeight(world, pod, node, args))
  const [low, high] = [Math.min(...weights), Math.max(...weights)]
  const affine = weights.map((one) => (high === low ? 0 : Math.trunc((100 * (one - low)) / (high - low))))
  const spread = spreadScores(world, withDefaults(pod, args), able)
  return able.map((_, at) => plain[at]! + 2 * near[at]! + 3 * tainted[at]! + 2 * affine[at]! + 2 * spread[at]!)
}

function randomWorld(seed: number) {
  const random = seededRandom(seed)
  const pick = (count: number) => Math.floor(random.next() * count)
  const maybe = <T>(one: number, of: number, value: () => T): Partial<T> => (pick(of) < one ? value() : {})
  const selector = () => ({ matchLabels: { app: `a${pick(3)}` } })
  const key = () => ['zone', 'rack', hostname][pick(3)]!
  const term = () => ({
    topologyKey: key(),
    labelSelector: selector(),
    ...maybe(1, 4, () => ({ namespaceSelector: { matchLabels: { team: `t${pick(2)}` } } })),
    ...maybe(1, 6, () => ({ namespaces: [`ns${pick(3)}`] })),
  })
  const terms = () => ({
    ...maybe(1, 3, () => ({ requiredDuringSchedulingIgnoredDuringExecution: [term()] })),
    ...maybe(1, 2, () => ({
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 + pick(100), podAffinityTerm: term() }],
    })),
  })
  const constraint = () => ({
    topologyKey: key(),
    maxSkew: 1 + pick(2),
    whenUnsatisfiable: pick(2) === 0 ? 'DoNotSchedule' : 'ScheduleAnyway',
    labelSelector: selector(),
    ...maybe(1, 3, () => ({ nodeAffinityPolicy: 'Ignore' })),
    ...maybe(1, 3, () => ({ nodeTaintsPolicy: 'Honor' })),
  })
  const nodeThat = (name: string) =>
    ({
      metadata: {
        name,
        labels: {
          [hostname]: name,
          ...maybe(4, 5, () => ({ zone: `z${pick(3)}` })),
          ...maybe(4, 5, () => ({ rack: `r${pick(5)}` })),
          ...maybe(1, 2, () => ({ disk: 'ssd' })),
        },
      },
      spec: maybe(1, 3, () => ({
        taints: [{ key: 'd', value: 'v', effect: pick(2) === 0 ? 'NoSchedule' : 'PreferNoSchedule' }],
      })),
      status: {
        allocatable: {
          cpu: `${2 + pick(4)}`,
          memory: `${2048 + pick(4) * 1024}Mi`,
          pods: `${2 + pick(6)}`,
          ...maybe(1, 2, () => ({ 'gpu.io/x': '3' })),
          ...maybe(1, 4, () => ({ [deviceResource]: '2' })),
        },
      },
    }) as unknown as Node
  let serial = 0
  const podThat = () => {
    const name = `p${serial++}`
    const counts = pick(3) === 0 ? 1 + pick(2) : 0
    const spread = Array.from({ length: counts }, constraint)
    return {
      metadata: { name, uid: name, namespace: `ns${pick(3)}`, labels: { app: `a${pick(3)}` } },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'app',
            resources: {
              requests: {
                ...maybe(4, 5, () => ({ cpu: `${pick(4) * 250}m`, memory: `${pick(4) * 256}Mi` })),
                ...maybe(1, 5, () => ({ 'gpu.io/x': '1' })),
                ...maybe(1, 5, () => ({ [deviceResource]: `${1 + pick(2)}` })),
              },
            },
          },
        ],
        ...maybe(1, 4, () => ({ nodeSelector: { disk: 'ssd' } })),
        ...maybe(1, 3, () => ({ tolerations: [{ key: 'd', operator: 'Exists' }] })),
        ...maybe(1, 2, () => ({
          affinity: {
            ...maybe(1, 2, () => ({ podAffinity: terms() })),
            ...maybe(1, 2, () => ({ podAntiAffinity: terms() })),
          },
        })),
        ...(counts === 0
          ? {}
          : {
              topologySpreadConstraints: spread.filter(
                (one, at) => spread.findIndex((other) => other.topologyKey === one.topologyKey) === at,
              ),
            }),
      },
    } as unknown as Pod
  }
  const resources = [{ name: 'cpu', weight: 1 + pick(3) }, { name: 'memory' }, { name: 'gpu.io/x', weight: 5 }]
  const argumentsThat = (): PluginArguments => ({
    NodeResourcesFit: {
      ...maybe(1, 3, () => ({ ignoredResourceGroups: ['gpu.io'] })),
      scoringStrategy: [
        { type: 'LeastAllocated', resources },
        { type: 'MostAllocated', resources },
        {
          type: 'RequestedToCapacityRatio',
          resources,
          requestedToCapacityRatio: {
            shape: [
              { utilization: 10, score: pick(3) },
              { utilization: 60, score: 10 },
              { utilization: 90, score: pick(10) },
            ],
          },
        },
      ][pick(3)]!,
    },
    ...maybe(1, 2, () => ({ NodeResourcesBalancedAllocation: { resources } })),
    InterPodAffinity: { hardPodAffinityWeight: pick(100), ignorePreferredTermsOfExistingPods: pick(2) === 0 },
    ...maybe(1, 2, () => ({
      PodTopologySpread: {
        defaultingType: 'List',
        defaultConstraints: [
          { topologyKey: 'zone', maxSkew: 2, whenUnsatisfiable: pick(2) === 0 ? 'DoNotSchedule' : 'ScheduleAnyway' },
        ],
      },
    })),
    NodeAffinity: {
      addedAffinity: {
        ...maybe(1, 2, () => ({
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'rack', operator: 'In', values: ['r0', 'r1', 'r2'] }] }],
          },
        })),
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 10, preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['z1'] }] } },
        ],
      },
    },
  })
  return { random, pick, nodeThat, podThat, argumentsThat }
}

test('every decision on a random cluster is one that Kubernetes could have made', () => {
  const defaults = Array.from({ length: 40 }, (_, at) => placementsIn(at + 1, false))
  const placements = defaults.reduce((sum, one) => sum + one, 0)
  assert.ok(placements > 800, `${placements} pods placed`)
})

test('the same of profiles with arguments of their own', () => {
  const chosen = Array.from({ length: 40 }, (_, at) => placementsIn(at + 101, true))
  const placements = chosen.reduce((sum, one) => sum + one, 0)
  assert.ok(placements > 400, `${placements} pods placed`)
})

/** Places pods on the random cluster of a seed, holds each decision against the oracle, and says how many there were. */
function placementsIn(seed: number, withArguments: boolean): number {
  let placements = 0
  const { random, pick, nodeThat, podThat, argumentsThat } = randomWorld(seed)
  const args = withArguments ? argumentsThat() : {}
  const plugins = pluginsOf(args)
  const namespaces = { ns0: { team: 't0' }, ns1: { team: 't1' }, ns2: { team: 't0' } }
  const world: World = { nodes: new Map(), pods: new Map(), devices: new Map(), namespaces }
  const columns = new NodeColumns()
  columns.namespaceLabels = (name) => namespaces[name as 'ns0'] ?? {}
  const setNode = (name: string) => {
    const node = nodeThat(name)
    if (!world.devices.has(name)) world.devices.set(name, pick(4))
    world.nodes.set(name, node)
    columns.setNode(node)
  }
  for (let at = 0; at < 2 + pick(14); at++) setNode(`n${at}`)
  columns.devices = deviceBookThat((name) => world.devices.get(name) ?? 0, deviceResource)
  const allocator = plugins.find(({ name }) => name === 'DynamicResources')!
  const placer = new Placer(plugins, random)
  const others = seededRandom(seed)
  const narrow = new Placer(plugins, others)
  if (args.PodTopologySpread !== undefined) columns.selectorOfAlike = alikeOf
  for (let step = 0; step < 50; step++) {
    const pod = podThat()
    const facts = factsOf(pod)
    const able = [...world.nodes.values()].filter((node) => {
      const view = { index: columns.placeOf(node.metadata.name)!, node, columns }
      return (
        plugins.every((one) => one.filter === undefined || one.skips?.(facts) || one.filter(facts, view).fits) &&
        affinityAllows(world, pod, node) &&
        devicesAllow(world, pod, node) &&
        spreadAllows(world, withDefaults(pod, args), node)
      )
    })
    const where = `seed ${seed}, step ${step}, ${JSON.stringify(pod.spec)}`
    // Of some of the nodes only, as groups are placed.
    if (step % 3 === 0) {
      const isIn = Uint8Array.from({ length: columns.capacity }, () => Math.floor(others.next() * 2))
      const among = able.filter(({ metadata }) => isIn[columns.placeOf(metadata.name)!] === 1)
      const count = [...world.nodes.keys()].filter((name) => isIn[columns.placeOf(name)!] === 1).length
      const found = narrow.place(facts, columns, { isIn, count })
      const at = among.findIndex(({ metadata }) => metadata.name === found.nodeName)
      assert.equal(found.nodeName === undefined, among.length === 0, `${where}, some: ${found.nodeName}`)
      const scores = totals(world, pod, among, args)
      if (found.nodeName !== undefined)
        assert.equal(scores[at], Math.max(...scores), `${where}, some: ${found.nodeName}`)
      else if (count > 0)
        assert.match((found as RefusedPlacement).message, new RegExp(`^0/${count} nodes are available: `))
    }
    const { nodeName } = placer.place(facts, columns)
    const names = able.map(({ metadata }) => metadata.name)
    assert.equal(nodeName === undefined, able.length === 0, `${where}: ${nodeName} of ${names}`)
    if (nodeName !== undefined) {
      const scores = totals(world, pod, able, args)
      const chosen = names.indexOf(nodeName)
      assert.ok(chosen >= 0, `${where}: ${nodeName} cannot take it`)
      assert.equal(
        scores[chosen],
        Math.max(...scores),
        `${where}: ${nodeName} of ${names.map((n, at) => `${n}=${scores[at]}`)}`,
      )
      const devices = allocator.reserve!(facts, nodeName, columns)
      const isOffered = world.nodes.get(nodeName)!.status?.allocatable?.[deviceResource] !== undefined
      assert.equal(devices !== undefined, devicesAsked(pod) > 0 && !isOffered, `${where}: devices on ${nodeName}`)
      world.pods.set(pod.metadata.uid, { pod, nodeName, devices })
      columns.addPod(facts, nodeName)
      placements++
    }
    const uids = [...world.pods.keys()]
    const uid = uids[pick(uids.length)]
    const fate = pick(8)
    if (uid !== undefined && fate < 2) {
      world.pods.get(uid)!.devices?.[Symbol.dispose]()
      world.pods.delete(uid)
      columns.removePod(uid)
    } else if (uid !== undefined && fate < 4) {
      const { pod: old, ...held } = world.pods.get(uid)!
      const going = { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } } as Pod
      world.pods.set(uid, { pod: going, ...held })
      columns.addPod(factsOf(going), held.nodeName)
    }
    if (pick(6) === 0) setNode(`n${pick(world.nodes.size + 1)}`)
    if (pick(15) === 0 && world.nodes.size > 2) {
      const name = [...world.nodes.keys()][pick(world.nodes.size)]!
      world.nodes.delete(name)
      columns.removeNode(name)
      for (const [key, one] of world.pods) {
        if (one.nodeName !== name) continue
        one.devices?.[Symbol.dispose]()
        world.pods.delete(key)
      }
    }
    if (pick(15) === 0) {
      namespaces.ns0 = { team: `t${pick(2)}` }
      columns.namespacesChanged()
    }
  }
  return placements
}
