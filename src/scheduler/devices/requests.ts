import type {
  DeviceClass,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaim,
} from '../../resources/index.ts'
import type { RequestNames } from './constraints.ts'
import { AllocationError, type FoundDevice } from './shapes.ts'

/** One way in which a request may be met. */
export interface Wish {
  readonly names: RequestNames
  readonly asks: ExactDeviceRequest | DeviceSubRequest
  readonly className: string
  readonly class: DeviceClass
  readonly isAdmin: boolean
  readonly takesAll: boolean
  /** How many devices it is to have; for all of them, how many there are. */
  count: number
  /** All devices that suit it, where it takes all. */
  all: readonly FoundDevice[]
}
/** A request with its ways, the first being the best; `chosen` is the one that was found possible. */
export interface PlannedRequest {
  readonly hasAlternatives: boolean
  readonly wishes: readonly Wish[]
  chosen: number
}
export interface PlannedClaim {
  readonly claim: ResourceClaim
  /** `namespace/name`, as errors name it. */
  readonly about: string
  readonly requests: readonly PlannedRequest[]
}

interface Planning {
  readonly classOf: (name: string) => DeviceClass | undefined
  readonly features: {
    readonly adminAccess: boolean
    readonly prioritizedList: boolean
    readonly consumableCapacity: boolean
  }
}

/** What a claim asks for, with the classes it names; throws where that cannot be. */
export function planned(claim: ResourceClaim, planning: Planning): PlannedClaim {
  const { namespace, name } = claim.metadata
  const about = namespace === undefined ? name : `${namespace}/${name}`
  const requests = claim.spec.devices?.requests ?? []
  return { claim, about, requests: requests.map((request) => plannedRequest(request, about, planning)) }
}

function plannedRequest(request: DeviceRequest, about: string, planning: Planning): PlannedRequest {
  const { name, exactly, firstAvailable = [] } = request
  if (firstAvailable.length === 0)
    return {
      hasAlternatives: false,
      wishes: [wishOf(exactly ?? { deviceClassName: '' }, { name, full: name }, name, about, planning)],
      chosen: 0,
    }
  if (!planning.features.prioritizedList)
    throw new AllocationError(
      `claim ${about}, request ${name}: has subrequests, but the DRAPrioritizedList feature is disabled`,
    )
  return {
    hasAlternatives: true,
    wishes: firstAvailable.map((one) => wishOf(one, { name, full: `${name}/${one.name}` }, one.name, about, planning)),
    chosen: 0,
  }
}

function wishOf(
  asks: ExactDeviceRequest | DeviceSubRequest,
  names: RequestNames,
  own: string,
  about: string,
  { classOf, features }: Planning,
): Wish {
  const wrong = (what: string) => new AllocationError(`claim ${about}, request ${own}${what}`)
  const { deviceClassName: className, allocationMode: mode = 'ExactCount', count = 1 } = asks
  const isAdmin = 'adminAccess' in asks && asks.adminAccess === true
  if (asks.capacity !== undefined && !features.consumableCapacity)
    throw wrong(': has capacity requests, but the DRAConsumableCapacity feature is disabled')
  ;(asks.selectors ?? []).forEach(({ cel }, index) => {
    if (cel === undefined) throw wrong(`, selector #${index}: CEL expression empty (unsupported selector type?)`)
  })
  if (isAdmin && !features.adminAccess) throw wrong(': admin access is requested, but the feature is disabled')
  if (className === '') throw wrong(': missing device class name (unsupported request type?)')
  const known = classOf(className)
  if (known === undefined)
    throw wrong(
      `: could not retrieve device class ${className}: deviceclass.resource.k8s.io ${JSON.stringify(className)} not found`,
    )
  if (mode !== 'ExactCount' && mode !== 'All') throw wrong(`: unsupported count mode ${mode}`)
  return { names, asks, className, class: known, isAdmin, takesAll: mode === 'All', count, all: [] }
}
