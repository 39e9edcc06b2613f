/** The pods and nodes that the workloads are made of: the shapes of upstream's scheduler_perf, under its names. */
type Template = Readonly<Record<string, any>>

const zone = 'topology.kubernetes.io/zone'
const hostname = 'kubernetes.io/hostname'
const image = 'registry.k8s.io/pause:3.10.2'

function podThat(
  metadata: object,
  spec: object = {},
  /** `null`: it asks for nothing. */
  requests: object | null = { cpu: '100m', memory: '500Mi' },
  limits: object | null = requests,
): Template {
  const resources = requests === null ? {} : { resources: { requests, ...(limits && { limits }) } }
  const ports = requests === null ? {} : { ports: [{ containerPort: 80 }] }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { ...spec, containers: [{ name: 'pause', image, ...ports, ...resources }] },
  }
}
const sched = { namespaces: ['sched-1', 'sched-0'] }
const devops = { namespaceSelector: { matchLabels: { team: 'devops' } } }
const term = (color: string, topologyKey: string, more: object) => ({
  labelSelector: { matchLabels: { color } },
  topologyKey,
  ...more,
})
const required = (kind: string, one: object) => ({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [one] } },
})
const preferred = (kind: string, one: object) => ({
  affinity: { [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: one }] } },
})
const spread = (whenUnsatisfiable: string) => ({
  topologySpreadConstraints: [
    { maxSkew: 5, topologyKey: zone, whenUnsatisfiable, labelSelector: { matchLabels: { color: 'blue' } } },
  ],
})
const named = (generateName: string, color?: string) => ({
  generateName,
  ...(color === undefined ? {} : { labels: { color } }),
})

export const podTemplates = {
  'pod-default': podThat(named('pod-')),
  'pod-with-label': podThat({ generateName: 'pod-', labels: { app: 'scheduler-perf' } }, {}, null),
  'pod-with-node-affinity': podThat(named('node-affinity-'), {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'In', values: ['zone1', 'zone2'] }] }],
        },
      },
    },
  }),
  'daemonset-pod': podThat(
    named('daemonset-'),
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['scheduler-perf-node'] }] },
            ],
          },
        },
      },
    },
    null,
  ),
  'pod-with-pod-affinity': podThat(named('affinity-pod-', 'blue'), required('podAffinity', term('blue', zone, sched))),
  'pod-with-pod-anti-affinity': podThat(
    named('anti-affinity-pod-', 'green'),
    required('podAntiAffinity', term('green', hostname, sched)),
  ),
  'pod-with-pod-anti-affinity-label': podThat(named('anti-affinity-matching-pod-', 'green')),
  'pod-with-preferred-pod-affinity': podThat(
    named('preferred-affinity-pod-', 'red'),
    preferred('podAffinity', term('red', hostname, sched)),
  ),
  'pod-with-preferred-pod-anti-affinity': podThat(
    named('preferred-anti-affinity-pod-', 'yellow'),
    preferred('podAntiAffinity', term('yellow', hostname, sched)),
  ),
  'pod-affinity-ns-selector': podThat(
    named('affinity-pod-', 'blue'),
    required('podAffinity', term('blue', zone, devops)),
  ),
  'pod-anti-affinity-ns-selector': podThat(
    named('anti-affinity-pod-', 'green'),
    required('podAntiAffinity', term('green', hostname, devops)),
  ),
  'pod-preferred-affinity-ns-selector': podThat(
    named('preferred-affinity-pod-', 'red'),
    preferred('podAffinity', term('red', hostname, devops)),
  ),
  'pod-preferred-anti-affinity-ns-selector': podThat(
    named('anti-affinity-pod-', 'green'),
    preferred('podAntiAffinity', term('green', hostname, devops)),
  ),
  'pod-with-topology-spreading': podThat(named('spreading-pod-', 'blue'), spread('DoNotSchedule')),
  'pod-with-preferred-topology-spreading': podThat(named('spreading-pod-', 'blue'), spread('ScheduleAnyway')),
  'pod-with-node-inclusion-policy': podThat(
    { generateName: 'spreading-pod-with-node-inclusion-policy-', labels: { foo: 'bar' } },
    {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: hostname,
          whenUnsatisfiable: 'DoNotSchedule',
          nodeAffinityPolicy: 'Honor',
          nodeTaintsPolicy: 'Honor',
          labelSelector: { matchLabels: { foo: 'bar' } },
        },
      ],
    },
  ),
  'pod-low-priority': podThat(named('pod-'), { terminationGracePeriodSeconds: 0 }, { cpu: '900m', memory: '500Mi' }),
  'pod-high-priority': podThat(
    named('pod-high-priority-'),
    { priorityClassName: 'ten' },
    { cpu: '3000m', memory: '500Mi' },
  ),
  'pod-high-priority-large-cpu': podThat(
    named('pod-h-'),
    { priorityClassName: 'ten' },
    { cpu: '9', memory: '500Mi' },
    null,
  ),
} satisfies Readonly<Record<string, Template>>
export type PodTemplateName = keyof typeof podTemplates

export function nodeThat(
  name: string,
  more: { readonly labels?: object; readonly taints?: readonly object[]; readonly pods?: string } = {},
): Template {
  const { labels = {}, taints = [], pods = '110' } = more
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [hostname]: name, ...labels } },
    spec: { taints },
    status: {
      capacity: { cpu: '4', memory: '32Gi', pods },
      allocatable: { cpu: '4', memory: '32Gi', pods },
      conditions: [{ type: 'Ready', status: 'True' }],
      phase: 'Running',
    },
  }
}
