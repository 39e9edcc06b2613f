import { ageText, humanDuration, labelsText } from '../../machinery/index.ts'
import { ageOf, type Cells, conditionStatus, containerCells, listText } from '../cells.ts'
import type { Cell } from '../definition.ts'
import type {
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  EventsV1Event,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from '../generated/types.ts'

export const componentStatusCells: Cells<ComponentStatus> = (component) => {
  const healthy = component.conditions?.find(({ type }) => type === 'Healthy')
  const status = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy'
  return [component.metadata.name, status, healthy?.message ?? '', healthy?.error ?? '']
}

export const configMapCells: Cells<ConfigMap> = (map, nowMs) => [
  map.metadata.name,
  Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
  ageOf(map, nowMs),
]

/** An address with its port; IPv6 addresses in brackets. */
const hostPort = (ip: string, port: number) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)

export const endpointsCells: Cells<Endpoints> = (endpoints, nowMs) => {
  const all = (endpoints.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))),
  )
  return [endpoints.metadata.name, listText(all, { none: '<none>' }), ageOf(endpoints, nowMs)]
}

interface EventFacts {
  readonly about: { readonly kind?: string; readonly name?: string; readonly fieldPath?: string } | undefined
  readonly first: string | undefined
  readonly last: string | undefined
  readonly count: number | undefined
  readonly series: { readonly count?: number; readonly lastObservedTime?: string } | undefined
  readonly eventTime: string | undefined | null
  readonly component: string | undefined
  readonly host: string | undefined
  readonly message: string | undefined
}

function eventRow(event: Event | EventsV1Event, facts: EventFacts, nowMs: number): readonly Cell[] {
  const first = ageText(facts.first ?? facts.eventTime, nowMs)
  const last =
    facts.series !== undefined
      ? ageText(facts.series.lastObservedTime, nowMs)
      : facts.last === undefined
        ? first
        : ageText(facts.last, nowMs)
  const kind = (facts.about?.kind ?? '').toLowerCase()
  const name = facts.about?.name ?? ''
  const host = facts.host ?? ''
  return [
    last,
    event.type ?? '',
    event.reason ?? '',
    name === '' ? kind : `${kind}/${name}`,
    facts.about?.fieldPath ?? '',
    `${facts.component ?? ''}${host === '' ? '' : `, ${host}`}`,
    (facts.message ?? '').trim(),
    first,
    facts.series?.count ?? (facts.count || 1),
    event.metadata.name,
  ]
}

export const eventCells: Cells<Event> = (event, nowMs) =>
  eventRow(
    event,
    {
      about: event.involvedObject,
      first: event.firstTimestamp ?? undefined,
      last: event.lastTimestamp ?? undefined,
      count: event.count,
      series: event.series,
      eventTime: event.eventTime,
      component: event.source?.component || event.reportingComponent,
      host: event.source?.host || event.reportingInstance,
      message: event.message,
    },
    nowMs,
  )

export const eventsV1EventCells: Cells<EventsV1Event> = (event, nowMs) =>
  eventRow(
    event,
    {
      about: event.regarding,
      first: event.deprecatedFirstTimestamp ?? undefined,
      last: event.deprecatedLastTimestamp ?? undefined,
      count: event.deprecatedCount,
      series: event.series,
      eventTime: event.eventTime,
      component: event.deprecatedSource?.component || event.reportingController,
      host: event.deprecatedSource?.host || event.reportingInstance,
      message: event.note,
    },
    nowMs,
  )

export const namespaceCells: Cells<Namespace> = (namespace, nowMs) => [
  namespace.metadata.name,
  namespace.status?.phase ?? '',
  ageOf(namespace, nowMs),
]

const rolePrefix = 'node-role.kubernetes.io/'

function rolesOf(labels: Readonly<Record<string, string>> | undefined): string {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length))
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value)
  }
  return [...roles].sort().join(',') || '<none>'
}

export const nodeCells: Cells<Node> = (node, nowMs) => {
  const ready = conditionStatus(node.status?.conditions, 'Ready')
  const status = ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady'
  const addressOf = (wanted: string) => node.status?.addresses?.find(({ type }) => type === wanted)?.address || '<none>'
  const about = node.status?.nodeInfo
  return [
    node.metadata.name,
    node.spec?.unschedulable === true ? `${status},SchedulingDisabled` : status,
    rolesOf(node.metadata.labels),
    ageOf(node, nowMs),
    about?.kubeletVersion ?? '',
    addressOf('InternalIP'),
    addressOf('ExternalIP'),
    about?.osImage || '<unknown>',
    about?.kernelVersion || '<unknown>',
    about?.containerRuntimeVersion || '<unknown>',
  ]
}

const modeNames: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]
const accessModesText = (modes: readonly string[] | undefined) =>
  modeNames
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')

/** The storage class of a volume or claim. Kubernetes: the old annotation goes before the field. */
const classOf = (object: PersistentVolume | PersistentVolumeClaim): string =>
  object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? object.spec?.storageClassName ?? ''

export const persistentVolumeClaimCells: Cells<PersistentVolumeClaim> = (claim, nowMs) => {
  const { spec, status, metadata } = claim
  const bound = (spec?.volumeName ?? '') !== ''
  return [
    metadata.name,
    metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    spec?.volumeName ?? '',
    bound ? (status?.capacity?.['storage'] ?? '0') : '',
    bound ? accessModesText(status?.accessModes) : '',
    classOf(claim),
    spec?.volumeAttributesClassName ?? '<unset>',
    ageOf(claim, nowMs),
    spec?.volumeMode ?? '<unset>',
  ]
}

export const persistentVolumeCells: Cells<PersistentVolume> = (volume, nowMs) => {
  const { spec, status, metadata } = volume
  const claim = spec?.claimRef
  return [
    metadata.name,
    spec?.capacity?.['storage'] ?? '0',
    accessModesText(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`,
    classOf(volume),
    spec?.volumeAttributesClassName ?? '<unset>',
    status?.reason ?? '',
    ageOf(volume, nowMs),
    spec?.volumeMode ?? '<unset>',
  ]
}

export const podTemplateCells: Cells<PodTemplate> = (podTemplate) => [
  podTemplate.metadata.name,
  ...containerCells(podTemplate.template?.spec?.containers),
  labelsText(podTemplate.template?.metadata?.labels),
]

export const replicationControllerCells: Cells<ReplicationController> = (controller, nowMs) => [
  controller.metadata.name,
  controller.spec?.replicas ?? 0,
  controller.status?.replicas ?? 0,
  controller.status?.readyReplicas ?? 0,
  ageOf(controller, nowMs),
  ...containerCells(controller.spec?.template?.spec?.containers),
  labelsText(controller.spec?.selector),
]

export const resourceQuotaCells: Cells<ResourceQuota> = (quota, nowMs) => {
  const { hard = {}, used = {} } = quota.status ?? {}
  const shown = (limits: boolean) =>
    Object.keys(hard)
      .filter((name) => name.startsWith('limits.') === limits)
      .sort()
      .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
      .join(', ')
  return [quota.metadata.name, shown(false), shown(true), ageOf(quota, nowMs)]
}

export const secretCells: Cells<Secret> = (secret, nowMs) => [
  secret.metadata.name,
  secret.type ?? '',
  Object.keys(secret.data ?? {}).length,
  ageOf(secret, nowMs),
]

export const serviceAccountCells: Cells<ServiceAccount> = (account, nowMs) => [
  account.metadata.name,
  ageOf(account, nowMs),
]

function externalAddresses({ spec, status }: Service): string {
  const own = spec?.externalIPs ?? []
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',') || '<none>'
    case 'LoadBalancer': {
      const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
      const balancer = [...new Set(given.filter((one) => one !== ''))].sort()
      return [...balancer, ...own].join(',') || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

export const serviceCells: Cells<Service> = (service, nowMs) => [
  service.metadata.name,
  service.spec?.type ?? '',
  service.spec?.clusterIPs?.[0] ?? '<none>',
  externalAddresses(service),
  (service.spec?.ports ?? [])
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',') || '<none>',
  ageOf(service, nowMs),
  labelsText(service.spec?.selector),
]

/** How long a certificate was asked for. */
export function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? '<none>' : humanDuration(seconds * 1000)
}
