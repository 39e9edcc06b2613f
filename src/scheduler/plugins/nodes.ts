import {
  hostPortsConflict,
  matchesNodeAffinity,
  matchesNodeSelector,
  type matchesNodeSelectorTerm,
  nodeAffinityWeight,
  untoleratedTaint,
} from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { fits, normalizeToMax, refuse, refuseAlways, type SchedulerPlugin } from '../framework/framework.ts'
import type { PluginArguments } from '../profile/choices.ts'

const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** SchedulingGates: a gated pod is not looked at until its gates are gone. */
export const schedulingGates: SchedulerPlugin = {
  name: 'SchedulingGates',
  wakeOn: ['Pod/UpdateSchedulingGates'],
  preEnqueue(pod) {
    const gates = pod.spec?.schedulingGates ?? []
    return gates.length === 0
      ? fits
      : refuseAlways(`waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`)
  },
}

/** NodeUnschedulable: cordoned nodes take only pods that tolerate it. */
export const nodeUnschedulable: SchedulerPlugin = {
  name: 'NodeUnschedulable',
  goesBy: 'node',
  wakeOn: ['Node/Add', 'Node/UpdateTaint'],
  filter({ pod }, { node }) {
    if (node.spec?.unschedulable !== true) return fits
    return untoleratedTaint([unschedulableTaint] as never, pod.spec?.tolerations as never) === undefined
      ? fits
      : refuseAlways('node(s) were unschedulable')
  },
  remedy: (_facts, { node }) => `uncordon the node: kubectl uncordon ${node.metadata.name}`,
}

/** NodeName: a pod that names its node goes nowhere else. */
export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  goesBy: 'node',
  wakeOn: ['Node/Add'],
  skips: ({ pod }) => (pod.spec?.nodeName ?? '') === '',
  filter: ({ pod }, { node }) =>
    pod.spec?.nodeName === node.metadata.name ? fits : refuseAlways("node(s) didn't match the requested node name"),
  remedy: ({ pod }) => `the pod names node ${pod.spec?.nodeName}`,
}

/** TaintToleration: untolerated NoSchedule and NoExecute taints keep a pod away; PreferNoSchedule ones count against a node. */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  goesBy: 'node',
  weight: 3,
  wakeOn: ['Node/Add', 'Node/UpdateTaint'],
  filter({ pod }, { node }) {
    const taint = untoleratedTaint(node.spec?.taints as never, pod.spec?.tolerations as never)
    return taint === undefined ? fits : refuseAlways('node(s) had untolerated taint(s)')
  },
  remedy({ pod }, { node }) {
    const taint = untoleratedTaint(node.spec?.taints as never, pod.spec?.tolerations as never) as
      | { readonly key: string; readonly value?: string; readonly effect: string }
      | undefined
    if (taint === undefined) return ''
    const text = `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`
    return `tolerate ${text}, or take the taint away: kubectl taint node ${node.metadata.name} ${taint.key}-`
  },
  compares: (_facts, { preferences }) => preferences > 0,
  score({ pod }, { node }) {
    const taints = node.spec?.taints ?? []
    if (taints.length === 0) return 0
    const preferred = taints.filter(({ effect }) => effect === 'PreferNoSchedule')
    return preferred.filter(
      (taint) => untoleratedTaint([taint] as never, pod.spec?.tolerations as never, ['PreferNoSchedule']) !== undefined,
    ).length
  },
  normalize: (scores, count) => normalizeToMax(scores, count, true),
}

/**
 * NodeAffinity: nodeSelector and required affinity; preferred terms add their weights. What a profile adds holds for each of its
 * pods besides.
 */
export function nodeAffinityOf({ addedAffinity }: NonNullable<PluginArguments['NodeAffinity']> = {}): SchedulerPlugin {
  if (addedAffinity === undefined) return nodeAffinity
  const added = addedAffinity.requiredDuringSchedulingIgnoredDuringExecution
  const preferred = { affinity: { nodeAffinity: addedAffinity } }
  const hasPreferred = (addedAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0
  return {
    ...nodeAffinity,
    skips: (facts) => added === undefined && nodeAffinity.skips!(facts),
    filter(facts, view) {
      if (added !== undefined && !matchesNodeSelector(added, labelsOf(view.node))) return notEnforced
      return nodeAffinity.filter!(facts, view)
    },
    remedy: (facts, view) =>
      added !== undefined && !matchesNodeSelector(added, labelsOf(view.node))
        ? 'the affinity that the scheduler profile adds to its pods asks for other labels than the node has'
        : nodeAffinity.remedy!(facts, view),
    compares: (facts, columns) => hasPreferred || nodeAffinity.compares!(facts, columns),
    score: (facts, view) =>
      nodeAffinity.score!(facts, view) + (hasPreferred ? nodeAffinityWeight(preferred, labelsOf(view.node)) : 0),
  }
}
const notEnforced = refuseAlways("node(s) didn't match scheduler-enforced node affinity")

const nodeAffinity: SchedulerPlugin = {
  name: 'NodeAffinity',
  goesBy: 'node',
  weight: 2,
  wakeOn: ['Node/Add', 'Node/UpdateLabel'],
  nodeNames: ({ pod }) => namedNodes(pod),
  // Neither a selector nor an affinity refuses nothing.
  skips: ({ pod }) => pod.spec?.nodeSelector === undefined && pod.spec?.affinity?.nodeAffinity === undefined,
  filter: ({ pod }, { node }) =>
    matchesNodeAffinity(pod.spec as never, labelsOf(node))
      ? fits
      : refuseAlways("node(s) didn't match Pod's node affinity/selector"),
  remedy({ pod }, { node }) {
    const labels = node.metadata.labels ?? {}
    const missing = Object.entries(pod.spec?.nodeSelector ?? {}).filter(([key, value]) => labels[key] !== value)
    if (missing.length === 0) return 'the required node affinity asks for other labels than the node has'
    const wanted = missing.map(([key, value]) => `${key}=${value}`)
    const has = missing.map(([key]) => (labels[key] === undefined ? `no ${key}` : `${key}=${labels[key]}`))
    return `the node has ${has.join(' and ')}; label it ${wanted.join(' ')}, or select otherwise`
  },
  compares: ({ pod }) => hasPreferences(pod),
  score: ({ pod }, { node }) => nodeAffinityWeight(pod.spec as never, labelsOf(node)),
  normalize: (scores, count) => normalizeToMax(scores, count, false),
}

function hasPreferences(pod: Pod): boolean {
  return (pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length ?? 0) > 0
}

/**
 * The nodes that required terms name, when each of them does (as for pods of a DaemonSet).
 * Kubernetes: a term that names no node by metadata.name could take any.
 */
function namedNodes(pod: Pod): readonly string[] | undefined {
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  if (terms.length === 0) return undefined
  const names = new Set<string>()
  for (const { matchFields = [] } of terms) {
    let named: readonly string[] | undefined
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== 'metadata.name' || operator !== 'In') continue
      named = named === undefined ? values : named.filter((name) => values.includes(name))
    }
    if (named === undefined) return undefined
    for (const name of named) names.add(name)
  }
  return [...names]
}

function labelsOf(node: {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
}): Parameters<typeof matchesNodeSelectorTerm>[1] {
  return { name: node.metadata.name, labels: node.metadata.labels ?? {} } as never
}

/** NodePorts: no two pods of a node take the same host port. */
export const nodePorts: SchedulerPlugin = {
  name: 'NodePorts',
  goesBy: 'pods',
  wakeOn: ['Node/Add', 'AssignedPod/Delete'],
  skips: ({ ports }) => ports.length === 0,
  filter({ ports }, { index, columns }) {
    const taken = columns.ports[index] ?? []
    return ports.some((port) => taken.some((other) => hostPortsConflict(port, other)))
      ? refuse("node(s) didn't have free ports for the requested pod ports")
      : fits
  },
  remedy({ ports }, { index, columns }) {
    const taken = columns.ports[index] ?? []
    const conflicts = ports.filter((port) => taken.some((other) => hostPortsConflict(port, other)))
    return `host port ${conflicts.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')} is taken by another pod there`
  },
}

const mebibyte = 1024 * 1024
const imageBytesMin = 23 * mebibyte
const containerBytesMax = 1000 * mebibyte

/** ImageLocality: nodes that have the images already are better, images on many nodes counting more. */
export const imageLocality: SchedulerPlugin = {
  name: 'ImageLocality',
  weight: 1,
  compares: ({ images }, { imageSpread }) =>
    imageSpread.size > 0 && images.some((image) => imageSpread.has(normalizedImage(image))),
  score({ images, containers }, { index, columns }) {
    const here = columns.images[index]
    if (here === undefined || here.size === 0 || columns.count === 0) return 0
    let sum = 0
    for (const image of images) {
      const name = normalizedImage(image)
      const size = here.get(name)
      if (size !== undefined) sum += Math.floor(size * ((columns.imageSpread.get(name) ?? 0) / columns.count))
    }
    const most = containerBytesMax * Math.max(1, containers)
    const clamped = Math.min(Math.max(sum, imageBytesMin), most)
    return Math.floor((100 * (clamped - imageBytesMin)) / (most - imageBytesMin))
  },
}

/** Kubernetes: an image without a tag means `:latest`. */
function normalizedImage(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
}
