import { matchesNodeSelector } from '../../machinery/index.ts'
import type { Node, ResourceSlice } from '../../resources/index.ts'
import type { DeviceView, Pool } from './shapes.ts'

/** How slices and devices say for which nodes they are. */
interface ForNodes {
  readonly nodeName?: string
  readonly allNodes?: boolean
  readonly nodeSelector?: object
}

/** Whether something is for a node. */
export function isForNode({ nodeName = '', allNodes, nodeSelector }: ForNodes, node: Node): boolean {
  if (nodeName !== '') return node.metadata.name === nodeName
  if (allNodes === true) return true
  const labels = { name: node.metadata.name, labels: node.metadata.labels ?? {} }
  return nodeSelector !== undefined && matchesNodeSelector(nodeSelector as never, labels)
}

/** The pools with devices for a node, by driver and name; those whose devices must be made ready come last. */
export function poolsFor(node: Node, view: DeviceView): readonly Pool[] {
  const bySlices = new Map<string, ResourceSlice[]>()
  for (const slice of view.slicesFor(node.metadata.name)) {
    if (!isRelevant(slice, node, view)) continue
    const { driver, pool } = slice.spec
    const id = `${driver}/${pool.name}`
    const known = bySlices.get(id)
    const generation = known?.[0]?.spec.pool.generation
    // Only the newest generation counts.
    if (known === undefined || generation! < pool.generation) bySlices.set(id, [slice])
    else if (generation === pool.generation) known.push(slice)
  }
  const pools = [...bySlices.values()].flatMap((slices) => poolOf(slices, view) ?? [])
  return pools.sort(byBindingAndName)
}

function isRelevant({ spec }: ResourceSlice, node: Node, { features }: DeviceView): boolean {
  const hasCounters = (spec.sharedCounters ?? []).length > 0
  if (!features.partitionableDevices && (spec.perDeviceNodeSelection !== undefined || hasCounters)) return false
  if (hasCounters) return true
  if ((spec.nodeName ?? '') !== '' || spec.allNodes === true || spec.nodeSelector !== undefined)
    return isForNode(spec, node)
  return spec.perDeviceNodeSelection === true && (spec.devices ?? []).some((device) => isForNode(device, node))
}

function poolOf(slices: readonly ResourceSlice[], view: DeviceView): Pool | undefined {
  const { driver, pool } = slices[0]!.spec
  const isComplete = slices.length === pool.resourceSliceCount
  const all = isComplete ? slices : view.slicesOf(driver, pool.name)
  // A newer generation that has nothing for this node makes what there is obsolete.
  if (all.some(({ spec }) => spec.pool.generation > pool.generation)) return undefined
  const current = all.filter(({ spec }) => spec.pool.generation === pool.generation)
  const empty = { driver, name: pool.name, slices: [], otherSlices: [], counterSets: new Map() }
  if (current.length !== pool.resourceSliceCount) return { ...empty, isIncomplete: true, isInvalid: false }
  const sorted = slices.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const names = new Set(slices.map(({ metadata }) => metadata.name))
  const otherSlices = current.filter(({ metadata }) => !names.has(metadata.name))
  const hasCounters = ({ spec }: ResourceSlice) => (spec.sharedCounters ?? []).length > 0
  const withDevices = sorted.filter((slice) => !view.features.partitionableDevices || !hasCounters(slice))
  const counterSets = view.features.partitionableDevices ? countersOf(sorted.filter(hasCounters)) : new Map()
  const isInvalid =
    counterSets === undefined || hasDoubles(withDevices) || !knowsCounters([...sorted, ...otherSlices], counterSets)
  if (isInvalid) return { ...empty, isIncomplete: false, isInvalid: true }
  return { ...empty, isIncomplete: false, isInvalid: false, slices: withDevices, otherSlices, counterSets }
}

/** The counters that slices bring along; undefined when two have the same name. */
function countersOf(slices: readonly ResourceSlice[]): Pool['counterSets'] | undefined {
  const sets = new Map<string, Readonly<Record<string, { readonly value: string }>>>()
  for (const { spec } of slices)
    for (const { name, counters } of spec.sharedCounters ?? []) {
      if (sets.has(name)) return undefined
      sets.set(name, counters)
    }
  return sets
}

function hasDoubles(slices: readonly ResourceSlice[]): boolean {
  const names = slices.flatMap(({ spec }) => (spec.devices ?? []).map(({ name }) => name))
  return new Set(names).size < names.length
}

function knowsCounters(slices: readonly ResourceSlice[], sets: Pool['counterSets']): boolean {
  return slices.every(({ spec }) =>
    (spec.devices ?? []).every(({ consumesCounters = [] }) =>
      consumesCounters.every(({ counterSet, counters }) => {
        const known = sets.get(counterSet)
        return known !== undefined && Object.keys(counters).every((name) => known[name] !== undefined)
      }),
    ),
  )
}

function byBindingAndName(left: Pool, right: Pool): number {
  const mustBind = ({ slices }: Pool) =>
    slices.some(({ spec }) => (spec.devices ?? []).some(({ bindingConditions }) => bindingConditions !== undefined))
  const difference = Number(mustBind(left)) - Number(mustBind(right))
  if (difference !== 0) return difference
  if (left.driver !== right.driver) return left.driver < right.driver ? -1 : 1
  return left.name === right.name ? 0 : left.name < right.name ? -1 : 1
}
