import type { PodTemplateName } from './templates.ts'

/** One step of a workload, as scheduler_perf names them. */
export type Operation =
  | {
      readonly op: 'createNodes'
      readonly count: number
      readonly zones?: readonly string[]
      readonly tainted?: boolean
      readonly name?: string
      readonly pods?: string
    }
  | { readonly op: 'createNamespaces'; readonly prefix: string; readonly count: number; readonly labels?: object }
  | {
      readonly op: 'createPods'
      readonly count: number
      readonly template: PodTemplateName
      readonly namespace?: string
      readonly measured?: boolean
    }
  | {
      readonly op: 'createPodSets'
      readonly prefix: string
      readonly sets: number
      readonly perSet: number
      readonly template: PodTemplateName
    }
  | { readonly op: 'createService'; readonly namespace: string }
  /** Creates one each interval until the workload ends; `recreate` deletes the one before. */
  | {
      readonly op: 'churn'
      readonly mode: 'create' | 'recreate'
      readonly what: readonly ('pod' | 'node' | 'service')[]
      readonly template?: PodTemplateName
      readonly intervalMs: number
    }

export interface Workload {
  readonly name: string
  /** Upstream's gate at this size, in pods per second; undefined where it states none. */
  readonly gate: number | undefined
  readonly operations: readonly Operation[]
}

const nodes = (count: number, ...zones: string[]): Operation => ({
  op: 'createNodes',
  count,
  ...(zones.length === 0 ? {} : { zones }),
})
const pods = (count: number, template: PodTemplateName, namespace?: string): Operation => ({
  op: 'createPods',
  count,
  template,
  ...(namespace === undefined ? {} : { namespace }),
})
const measured = (count: number, template: PodTemplateName, namespace?: string): Operation =>
  ({ ...pods(count, template, namespace), measured: true }) as Operation
const sched: Operation = { op: 'createNamespaces', prefix: 'sched', count: 2 }
const moons = ['moon-1', 'moon-2', 'moon-3']
const withSelector = (
  template: PodTemplateName,
  nodeCount: number,
  perSet: number,
  count: number,
  ...zones: string[]
): readonly Operation[] => [
  nodes(nodeCount, ...zones),
  { op: 'createNamespaces', prefix: 'init-ns', count: 100, labels: { team: 'devops' } },
  { op: 'createNamespaces', prefix: 'measure-ns', count: 1, labels: { team: 'devops' } },
  { op: 'createPodSets', prefix: 'init-ns', sets: 100, perSet, template },
  measured(count, template, 'measure-ns-0'),
]
/** Initial pods in one namespace of two, those that count in the other. */
const inTwo = (template: PodTemplateName, first: number, count: number, ...zones: string[]): readonly Operation[] => [
  nodes(5000, ...zones),
  sched,
  pods(first, template, 'sched-0'),
  measured(count, template, 'sched-1'),
]

/** Upstream's op lists by name, at the sizes its gates are for. */
export const workloads: readonly Workload[] = [
  {
    name: 'SchedulingBasic',
    gate: 680,
    operations: [nodes(5000), pods(1000, 'pod-default'), measured(10_000, 'pod-default')],
  },
  {
    name: 'SchedulingDaemonset',
    gate: 1100,
    operations: [
      { op: 'createNodes', count: 1, name: 'scheduler-perf-node', pods: '90000' },
      nodes(15_000),
      measured(30_000, 'daemonset-pod'),
    ],
  },
  {
    name: 'SchedulingNodeAffinity',
    gate: 220,
    operations: [
      nodes(5000, 'zone1'),
      pods(5000, 'pod-with-node-affinity'),
      measured(10_000, 'pod-with-node-affinity'),
    ],
  },
  {
    name: 'Unschedulable',
    gate: 600,
    operations: [
      nodes(5000),
      pods(100, 'pod-default'),
      { op: 'churn', mode: 'create', what: ['pod'], template: 'pod-high-priority-large-cpu', intervalMs: 200 },
      measured(10_000, 'pod-default'),
    ],
  },
  {
    name: 'SchedulingWithMixedChurn',
    gate: 710,
    operations: [
      nodes(5000),
      {
        op: 'churn',
        mode: 'recreate',
        what: ['node', 'pod', 'service'],
        template: 'pod-high-priority-large-cpu',
        intervalMs: 1000,
      },
      measured(10_000, 'pod-default'),
    ],
  },
  {
    name: 'PreemptionAsync',
    gate: 570,
    operations: [
      nodes(5000),
      pods(20_000, 'pod-low-priority'),
      { op: 'churn', mode: 'create', what: ['pod'], template: 'pod-high-priority', intervalMs: 200 },
      measured(5000, 'pod-default'),
    ],
  },
  {
    name: 'TopologySpreading',
    gate: 460,
    operations: [nodes(5000, ...moons), pods(5000, 'pod-default'), measured(5000, 'pod-with-topology-spreading')],
  },
  {
    name: 'PreferredTopologySpreading',
    gate: 340,
    operations: [
      nodes(5000, ...moons),
      pods(5000, 'pod-default'),
      measured(5000, 'pod-with-preferred-topology-spreading'),
    ],
  },
  {
    name: 'DefaultTopologySpreading',
    gate: 160,
    operations: [
      nodes(5000, ...moons),
      { op: 'createNamespaces', prefix: 'service-ns', count: 1 },
      { op: 'createService', namespace: 'service-ns-0' },
      pods(5000, 'pod-default'),
      measured(5000, 'pod-with-label', 'service-ns-0'),
    ],
  },
  {
    name: 'SchedulingWithNodeInclusionPolicy',
    gate: 270,
    operations: [
      nodes(4000),
      { op: 'createNodes', count: 1000, tainted: true },
      measured(4000, 'pod-with-node-inclusion-policy'),
    ],
  },
  { name: 'SchedulingPodAffinity', gate: 35, operations: inTwo('pod-with-pod-affinity', 5000, 5000, 'zone1') },
  { name: 'SchedulingPodAntiAffinity', gate: 60, operations: inTwo('pod-with-pod-anti-affinity', 1000, 2000) },
  {
    name: 'SchedulingPodMatchingAntiAffinity',
    gate: 600,
    operations: [
      nodes(5000),
      sched,
      pods(1000, 'pod-with-pod-anti-affinity', 'sched-0'),
      measured(5000, 'pod-with-pod-anti-affinity-label', 'sched-1'),
    ],
  },
  {
    name: 'SchedulingPreferredPodAffinity',
    gate: 90,
    operations: inTwo('pod-with-preferred-pod-affinity', 5000, 5000),
  },
  {
    name: 'SchedulingPreferredPodAntiAffinity',
    gate: 90,
    operations: inTwo('pod-with-preferred-pod-anti-affinity', 5000, 5000),
  },
  {
    name: 'MixedSchedulingBasePod',
    gate: 140,
    operations: [
      nodes(5000, 'zone1'),
      sched,
      pods(2000, 'pod-default', 'sched-0'),
      pods(2000, 'pod-with-pod-affinity', 'sched-0'),
      pods(2000, 'pod-with-pod-anti-affinity', 'sched-0'),
      pods(2000, 'pod-with-preferred-pod-affinity', 'sched-0'),
      pods(2000, 'pod-with-preferred-pod-anti-affinity', 'sched-0'),
      measured(5000, 'pod-default'),
    ],
  },
  {
    name: 'SchedulingRequiredPodAntiAffinityWithNSSelector',
    gate: 24,
    operations: withSelector('pod-anti-affinity-ns-selector', 6000, 40, 2000),
  },
  {
    name: 'SchedulingPreferredAntiAffinityWithNSSelector',
    gate: 55,
    operations: withSelector('pod-preferred-anti-affinity-ns-selector', 5000, 40, 2000),
  },
  {
    name: 'SchedulingRequiredPodAffinityWithNSSelector',
    gate: 35,
    operations: withSelector('pod-affinity-ns-selector', 5000, 50, 2000, 'zone1'),
  },
  {
    name: 'SchedulingPreferredAffinityWithNSSelector',
    gate: 90,
    operations: withSelector('pod-preferred-affinity-ns-selector', 5000, 50, 5000),
  },
]
