import type { TypeDefaults } from '../../machinery/index.ts'
import {
  addQuantities,
  compareQuantities,
  type DefaultStep,
  parseQuantity,
  quantityText,
} from '../../machinery/index.ts'
import type { Draft } from '../definition.ts'
import { isLatest } from './images.ts'

type Amounts = Record<string, string>

/** Kubernetes: an image without a fixed tag is pulled each time, one with a tag only when it is missing. */
const pullPolicy: DefaultStep = (draft) => {
  draft.imagePullPolicy ||= isLatest(draft.image ?? '') ? 'Always' : 'IfNotPresent'
}
const imageVolume: DefaultStep = (draft) => {
  draft.pullPolicy ||= isLatest(draft.reference ?? '') ? 'Always' : 'IfNotPresent'
}

const volume: DefaultStep = (draft) => {
  if (Object.keys(draft).every((key) => key === 'name')) draft.emptyDir = {}
}

/** Kubernetes: serviceAccount is the old name of serviceAccountName, and both are always shown with one value. */
const podSpec: DefaultStep = (draft) => {
  if ((draft.serviceAccountName ?? '') === '') {
    if ((draft.serviceAccount ?? '') === '') return
    draft.serviceAccountName = draft.serviceAccount
  }
  // What is as it should be may be shared with the stored object, and is left alone.
  if (draft.serviceAccount !== draft.serviceAccountName) draft.serviceAccount = draft.serviceAccountName
}

const pod: DefaultStep = (draft) => {
  draft.spec ??= {}
  const { spec } = draft
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    requestsFromLimits(container)
    if (spec.hostNetwork !== true) continue
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
  }
  if (spec.resources !== undefined && spec.resources !== null) podResources(spec)
  draft.status ??= {}
  mirrorFirst(draft.status, 'podIP', 'podIPs')
}

function requestsFromLimits(holder: Draft): void {
  const limits = holder.resources?.limits as Amounts | undefined
  if (limits === undefined || limits === null) return
  // What is as it should be may be shared with the stored object, and is left alone.
  if (Object.keys(limits).every((key) => holder.resources.requests?.[key] !== undefined)) return
  const requests: Amounts = { ...holder.resources.requests }
  for (const key in limits) requests[key] ??= limits[key]!
  holder.resources.requests = sorted(requests)
}

const isPodLevel = (key: string): boolean => key === 'cpu' || key === 'memory' || key.startsWith('hugepages-')

/** What a pod asks for as a whole is made up from its containers where it states limits alone. */
function podResources(spec: Draft): void {
  const { resources } = spec
  const limits: Amounts = { ...resources.limits }
  const sums = (of: 'requests' | 'limits') => sumOf(spec, of)
  for (const [key, amount] of Object.entries(sums('limits'))) {
    if (key.startsWith('hugepages-') && resources.requests?.[key] === undefined) limits[key] ??= amount
  }
  if (Object.keys(limits).length === 0) return
  replaceAmounts(resources, 'limits', limits)
  const requests: Amounts = { ...resources.requests }
  for (const [key, amount] of Object.entries(sums('requests'))) {
    if (isPodLevel(key) && !key.startsWith('hugepages-')) requests[key] ??= amount
  }
  for (const key in limits) if (isPodLevel(key)) requests[key] ??= limits[key]!
  replaceAmounts(resources, 'requests', requests)
}

/** What is as it should be may be shared with the stored object, and is left alone. */
function replaceAmounts(resources: Draft, of: 'requests' | 'limits', amounts: Amounts): void {
  const has: Amounts = resources[of] ?? {}
  const keys = Object.keys(amounts)
  // Amounts are only ever added.
  if (keys.length === Object.keys(has).length) return
  resources[of] = sorted(amounts)
}

/** What the containers of a pod need together at the worst moment of its life; restartable init containers stay. */
function sumOf(spec: Draft, of: 'requests' | 'limits'): Amounts {
  const total: Amounts = {}
  const add = (into: Amounts, amounts: Amounts | undefined) => {
    for (const key in amounts) {
      const sum =
        into[key] === undefined
          ? parseQuantity(amounts[key]!)
          : addQuantities(parseQuantity(into[key]), parseQuantity(amounts[key]!))
      into[key] = quantityText(sum)
    }
  }
  const raise = (into: Amounts, amounts: Amounts) => {
    for (const key in amounts) {
      const isMore =
        into[key] === undefined || compareQuantities(parseQuantity(amounts[key]!), parseQuantity(into[key])) > 0
      if (isMore) into[key] = amounts[key]!
    }
  }
  for (const container of spec.containers ?? []) add(total, container.resources?.[of])
  const sidecars: Amounts = {}
  const starting: Amounts = {}
  for (const container of spec.initContainers ?? []) {
    const needed: Amounts = { ...sidecars }
    add(needed, container.resources?.[of])
    if (container.restartPolicy === 'Always') {
      add(total, container.resources?.[of])
      add(sidecars, container.resources?.[of])
    }
    raise(starting, needed)
  }
  raise(total, starting)
  return total
}

/** Kubernetes: of a single value and the list that replaced it, the list follows the value where they differ. */
function mirrorFirst(holder: Draft, single: 'podIP', list: 'podIPs'): void {
  const value = holder[single] ?? ''
  const first = holder[list]?.[0]?.ip ?? ''
  if (value !== '' && value !== first) holder[list] = [{ ip: value }]
  else if (value === '' && first !== '') holder[single] = first
}

function sorted(amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Defaults of pods and what they are made of. */
export const podDefaults: Readonly<Record<string, TypeDefaults>> = {
  'io.k8s.api.core.v1.Container': { after: pullPolicy },
  'io.k8s.api.core.v1.EphemeralContainer': { after: pullPolicy },
  'io.k8s.api.core.v1.ImageVolumeSource': { after: imageVolume },
  'io.k8s.api.core.v1.Volume': { before: volume },
  'io.k8s.api.core.v1.PodSpec': { after: podSpec },
  'io.k8s.api.core.v1.Pod': { before: pod },
}
