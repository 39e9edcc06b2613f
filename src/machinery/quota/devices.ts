/** Devices that stand for resources which pods ask for as for any other (DRAExtendedResource). */
export interface DeviceResources {
  /** Whether a class of devices stands for a resource. */
  isDevice(resource: string): boolean
  /** The resources that a class stands for: one by its own name, and what it says. */
  resourcesOf(className: string): readonly string[]
  /** The pod that a claim was made for, because it asks for such a resource; undefined where there is none. */
  podOf(claim: any): any
}
/** What there is to tell them by. */
export interface DeviceFacts {
  readonly classes: readonly any[]
  /** At least the pods, and other claims, of the claims that are asked about. */
  readonly pods: readonly any[]
  readonly claims: readonly any[]
}

const implicitPrefix = 'deviceclass.resource.kubernetes.io/'
const extendedClaim = 'resource.kubernetes.io/extended-resource-claim'

export function deviceResources({ classes, pods, claims }: DeviceFacts): DeviceResources {
  const saidBy = new Map<string, string | undefined>(
    classes.map(({ metadata, spec }) => [metadata.name, spec?.extendedResourceName]),
  )
  const resources = new Set([...saidBy].flatMap(([name, said]) => [implicitPrefix + name, ...(said ? [said] : [])]))
  let found:
    | { readonly pods: ReadonlyMap<string, any>; readonly claims: ReadonlyMap<string, readonly any[]> }
    | undefined
  const byUid = () => {
    found ??= {
      pods: new Map(pods.map((pod) => [pod.metadata.uid, pod])),
      claims: Map.groupBy(claims, (claim) => podMadeFor(claim)?.uid ?? ''),
    }
    return found
  }
  return {
    isDevice: (resource) => resources.has(resource),
    resourcesOf(className) {
      const said = saidBy.get(className)
      return [implicitPrefix + className, ...(said ? [said] : [])]
    },
    podOf(claim) {
      const owner = podMadeFor(claim)
      if (owner === undefined) return undefined
      const { namespace, name } = claim.metadata
      const pod = byUid().pods.get(owner.uid)
      if (pod === undefined || pod.metadata.name !== owner.name || pod.metadata.namespace !== namespace)
        return undefined
      const told = pod.status?.extendedResourceClaimStatus
      if (told !== undefined) return told.resourceClaimName === name ? pod : undefined
      // Until the pod says which claim is its own, it is the first that was made for it.
      const others = byUid().claims.get(owner.uid) ?? []
      return others.some(({ metadata }) => isBefore(metadata, claim.metadata)) ? undefined : pod
    },
  }
}

/** The pod for whose resources a claim was made, as the claim says; undefined for other claims. */
export function podMadeFor({ metadata }: any): { readonly name: string; readonly uid: string } | undefined {
  if (metadata.annotations?.[extendedClaim] !== 'true') return undefined
  const owner = metadata.ownerReferences?.find(({ controller }: any) => controller === true)
  return owner?.kind === 'Pod' && owner.apiVersion === 'v1' ? owner : undefined
}

function isBefore(left: any, right: any): boolean {
  const [one, other] = [Date.parse(left.creationTimestamp ?? ''), Date.parse(right.creationTimestamp ?? '')]
  return one === other ? left.name < right.name : one < other
}
