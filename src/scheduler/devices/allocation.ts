import { type Quantity, quantityText } from '../../machinery/index.ts'
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NodeSelectorRequirement,
} from '../../resources/index.ts'
import type { PlannedClaim, Wish } from './requests.ts'
import type { FoundDevice } from './shapes.ts'

/** A device that a claim is given, and for which wish. */
export interface GivenDevice {
  readonly wish: Wish
  readonly found: FoundDevice
  /** Of a device that is shared: what the claim has of it. */
  readonly shareId?: string
  readonly consumed?: ReadonlyMap<string, Quantity>
}

/** What a claim's status says of the devices it is given on a node. */
export function allocationOf(planned: PlannedClaim, given: readonly GivenDevice[], nodeName: string): AllocationResult {
  const config = configOf(planned)
  const nodeSelector = nodeSelectorOf(given, nodeName)
  return {
    devices: {
      ...(given.length === 0 ? {} : { results: given.map(resultOf) }),
      ...(config.length === 0 ? {} : { config }),
    },
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
  }
}

function resultOf({ wish, found, shareId, consumed }: GivenDevice): DeviceRequestAllocationResult {
  const { device, driver, pool } = found
  const { tolerations } = wish.asks
  const { bindingConditions, bindingFailureConditions } = device
  return {
    request: wish.names.full,
    driver,
    pool: pool.name,
    device: device.name,
    ...(wish.isAdmin ? { adminAccess: true } : {}),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(bindingConditions === undefined ? {} : { bindingConditions }),
    ...(bindingFailureConditions === undefined ? {} : { bindingFailureConditions }),
    ...(shareId === undefined ? {} : { shareID: shareId }),
    ...(consumed === undefined || consumed.size === 0
      ? {}
      : { consumedCapacity: Object.fromEntries([...consumed].map(([name, one]) => [name, quantityText(one)])) }),
  }
}

/** Kubernetes: what the classes say first, once a class, and then what the claim says of the requests as they were met. */
function configOf({ claim, requests }: PlannedClaim): readonly DeviceAllocationConfiguration[] {
  const ofClasses = new Map<string, { readonly config: readonly object[]; readonly requests: string[] }>()
  const met = requests.map(({ wishes, chosen }) => wishes[chosen]!)
  for (const { className, class: known, names } of met) {
    const before = ofClasses.get(className)
    if (before === undefined) ofClasses.set(className, { config: known.spec.config ?? [], requests: [names.full] })
    else before.requests.push(names.full)
  }
  const fromClasses = [...ofClasses.values()].flatMap(({ config, requests }) =>
    config.map((one) => ({ ...one, source: 'FromClass' as const, requests })),
  )
  const fromClaim = (claim.spec.devices?.config ?? []).flatMap((one) => {
    const { requests: named = [] } = one
    if (named.length === 0) return [{ ...one, source: 'FromClaim' as const }]
    const concerned = met.filter(({ names }) => named.includes(names.name) || named.includes(names.full))
    return concerned.map(() => ({ ...one, source: 'FromClaim' as const }))
  })
  return [...fromClasses, ...fromClaim] as readonly DeviceAllocationConfiguration[]
}

/** Where devices can be reached: on the one node, on those that all of their slices name, or everywhere. */
function nodeSelectorOf(given: readonly GivenDevice[], nodeName: string): AllocationResult['nodeSelector'] {
  const matchFields: NodeSelectorRequirement[] = []
  const matchExpressions: NodeSelectorRequirement[] = []
  for (const { found } of given) {
    const { spec } = found.slice
    const place = spec.perDeviceNodeSelection === true ? found.device : spec
    if (place.nodeName !== undefined || found.device.bindsToNode === true)
      return {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }],
      } as never
    const [term] = place.nodeSelector?.nodeSelectorTerms ?? []
    addNew(matchFields, term?.matchFields)
    addNew(matchExpressions, term?.matchExpressions)
  }
  if (matchFields.length + matchExpressions.length === 0) return undefined
  return {
    nodeSelectorTerms: [
      {
        ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
        ...(matchFields.length === 0 ? {} : { matchFields }),
      },
    ],
  }
}

function addNew(known: NodeSelectorRequirement[], more: readonly NodeSelectorRequirement[] = []): void {
  const textOf = ({ key, operator, values = [] }: NodeSelectorRequirement) =>
    JSON.stringify([key, operator, [...new Set(values)].sort()])
  for (const one of more) if (!known.some((other) => textOf(other) === textOf(one))) known.push(one)
}
