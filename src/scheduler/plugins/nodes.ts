import {
  hostPortsConflict,
  matchesNodeAffinity,
  type matchesNodeSelectorTerm,
  nodeAffinityWeight,
  untoleratedTaint,
} from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { fits, normalizeToMax, refuse, refuseAlways, type SchedulerPlugin } from '../framework/framework.ts'

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
  wakeOn: ['Node/Add', 'Node/UpdateTaint'],
  filter({ pod }, { node }) {
    if (node.spec?.unschedulable !== true) return fits
    return untoleratedTaint([unschedulableTaint] as never, pod.spec?.tolerations as never) === undefined
      ? fits
      : refuseAlways('node(s) were unschedulable')
  },
}

/** NodeName: a pod that names its node goes nowhere else. */
export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  wakeOn: ['Node/Add'],
  skips: ({ pod }) => (pod.spec?.nodeName ?? '') === '',
  filter: ({ pod }, { node }) =>
    pod.spec?.nodeName === node.metadata.name ? fits : refuseAlways("node(s) didn't match the requested node name"),
}

/** TaintToleration: untolerated NoSchedule and NoExecute taints keep a pod away; PreferNoSchedule ones count against a node. */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  weight: 3,
  wakeOn: ['Node/Add', 'Node/UpdateTaint'],
  filter({ pod }, { node }) {
    const taint = untoleratedTaint(node.spec?.taints as never, pod.spec?.tolerations as never)
    return taint === undefined ? fits : refuseAlways('node(s) had untolerated taint(s)')
  },
  score({ pod }, { node }) {
    const taints = node.spec?.taints ?? []
    if (taints.length === 0) return 0
    const preferred = taints.filter(({ effect }) => effect === 'PreferNoSchedule')
    return preferred.filter(
      (taint) => untoleratedTaint([taint] as never, pod.spec?.tolerations as never, ['PreferNoSchedule']) !== undefined,
    ).length
  },
  normalize: (scores) => normalizeToMax(scores, true),
}

/** NodeAffinity: nodeSelector and required affinity; preferred terms add their weights. */
export const nodeAffinity: SchedulerPlugin = {
  name: 'NodeAffinity',
  weight: 2,
  wakeOn: ['Node/Add', 'Node/UpdateLabel'],
  filter: ({ pod }, { node }) =>
    matchesNodeAffinity(pod.spec as never, labelsOf(node))
      ? fits
      : refuseAlways("node(s) didn't match Pod's node affinity/selector"),
  score: ({ pod }, { node }) => (hasPreferences(pod) ? nodeAffinityWeight(pod.spec as never, labelsOf(node)) : 0),
  normalize: (scores) => normalizeToMax(scores, false),
}

function hasPreferences(pod: Pod): boolean {
  return (pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length ?? 0) > 0
}

function labelsOf(node: {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
}): Parameters<typeof matchesNodeSelectorTerm>[1] {
  return { name: node.metadata.name, labels: node.metadata.labels ?? {} } as never
}

/** NodePorts: no two pods of a node take the same host port. */
export const nodePorts: SchedulerPlugin = {
  name: 'NodePorts',
  wakeOn: ['Node/Add', 'AssignedPod/Delete'],
  skips: ({ ports }) => ports.length === 0,
  filter({ ports }, { index, columns }) {
    const taken = columns.ports[index] ?? []
    return ports.some((port) => taken.some((other) => hostPortsConflict(port, other)))
      ? refuse("node(s) didn't have free ports for the requested pod ports")
      : fits
  },
}

const mebibyte = 1024 * 1024
const imageBytesMin = 23 * mebibyte
const containerBytesMax = 1000 * mebibyte

/** ImageLocality: nodes that have the images already are better, images on many nodes counting more. */
export const imageLocality: SchedulerPlugin = {
  name: 'ImageLocality',
  weight: 1,
  score({ images }, { index, columns }) {
    const here = columns.images[index]
    if (here === undefined || here.size === 0 || columns.count === 0) return 0
    let sum = 0
    for (const image of images) {
      const name = normalizedImage(image)
      const size = here.get(name)
      if (size !== undefined) sum += Math.floor((size * (columns.imageSpread.get(name) ?? 0)) / columns.count)
    }
    const most = containerBytesMax * Math.max(1, images.length)
    const clamped = Math.min(Math.max(sum, imageBytesMin), most)
    return Math.floor((100 * (clamped - imageBytesMin)) / (most - imageBytesMin))
  },
}

/** Kubernetes: an image without a tag means `:latest`. */
function normalizedImage(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
}
