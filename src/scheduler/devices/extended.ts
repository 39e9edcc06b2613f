/**
 * Extended resources that devices stand for: a pod asks for them as for any other resource, and where the node does not offer
 * them itself a claim is made for the pod.
 */
import { wholeValueOf } from '../../machinery/index.ts'
import {
  type ContainerExtendedResourceRequest,
  type DeviceClass,
  type DeviceRequest,
  extendedClaimAnnotation,
  type Pod,
  type ResourceClaim,
} from '../../resources/index.ts'

const compareText = (left: string, right: string) => (left < right ? -1 : Number(left > right))
type Container = NonNullable<Pod['spec']['containers']>[number]
/** A class stands for the resource of this name whatever it says. */
const implicitPrefix = 'deviceclass.resource.kubernetes.io/'
/** No claim of the API is named like this. */
const notMadeYet = '<extended-resources>'

/** A claim as it would be made for one node, and which request of it stands for what of which container. */
export interface ExtendedClaim {
  readonly claim: ResourceClaim
  readonly mappings: readonly ContainerExtendedResourceRequest[]
}

/** The class that stands for each resource. Kubernetes: of several the newest, and of those the first by name. */
export function classesByResource(classes: readonly DeviceClass[]): ReadonlyMap<string, string> {
  const made = ({ metadata }: DeviceClass) => metadata.creationTimestamp ?? ''
  const best = classes.toSorted(
    (left, right) => compareText(made(right), made(left)) || compareText(left.metadata.name, right.metadata.name),
  )
  const names = new Map<string, string>()
  for (const { metadata, spec } of best) {
    names.set(implicitPrefix + metadata.name, metadata.name)
    const { extendedResourceName } = spec
    if (extendedResourceName !== undefined && !names.has(extendedResourceName))
      names.set(extendedResourceName, metadata.name)
  }
  return names
}

/** A claim on devices for resources of a pod, by the class of each. */
export function extendedClaim(pod: Pod, uid: string, classOf: ReadonlyMap<string, string>): ExtendedClaim {
  const { namespace, name } = pod.metadata
  const { requests, mappings } = requestsOf(pod, classOf)
  const claim = {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: {
      namespace,
      name: notMadeYet,
      generateName: `${name}-extended-resources-`,
      uid,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid: pod.metadata.uid, controller: true }],
      annotations: { [extendedClaimAnnotation]: 'true' },
    },
    spec: { devices: { requests } },
    status: {},
  } as unknown as ResourceClaim
  return { claim, mappings }
}

interface Asked {
  readonly request: DeviceRequest | undefined
  readonly mappings: readonly ContainerExtendedResourceRequest[]
}

/** What one container asks for of a resource, beside what it may use of others'. */
function askedBy(
  container: Container,
  index: number,
  [resource, deviceClassName]: readonly [string, string],
  usable: readonly (DeviceRequest | undefined)[],
): Asked {
  const wanted = container.resources?.requests ?? {}
  const amount = wanted[resource] === undefined ? 0 : wholeValueOf(wanted[resource])
  if (amount === 0) return { request: undefined, mappings: [] }
  const mapping = (requestName: string) => ({ containerName: container.name, resourceName: resource, requestName })
  const mappings: ContainerExtendedResourceRequest[] = []
  let found = 0
  for (const other of usable) {
    if (other === undefined) continue
    found += other.exactly!.count!
    mappings.push(mapping(other.name))
    if (found >= amount) return { request: undefined, mappings }
  }
  // Kubernetes: requests are numbered by the names of all that a container asks for, in order.
  const name = `container-${index}-request-${Object.keys(wanted).sort().indexOf(resource)}`
  const request: DeviceRequest = {
    name,
    exactly: { deviceClassName, allocationMode: 'ExactCount', count: amount - found },
  }
  return { request, mappings: [...mappings, mapping(name)] }
}

/** What the containers of a pod ask for of all resources. Init containers end before others begin, and use what those will. */
function requestsOf(
  { spec }: Pod,
  classOf: ReadonlyMap<string, string>,
): { readonly requests: readonly DeviceRequest[]; readonly mappings: readonly ContainerExtendedResourceRequest[] } {
  const { containers = [], initContainers = [] } = spec
  const all = [...initContainers, ...containers]
  const isShort = (index: number) => index < initContainers.length && all[index]!.restartPolicy !== 'Always'
  const requests: DeviceRequest[] = []
  const mappings: ContainerExtendedResourceRequest[] = []
  for (const resource of [...classOf].sort(([left], [right]) => compareText(left, right))) {
    const long = all.map((one, index) => (isShort(index) ? undefined : askedBy(one, index, resource, [])))
    const usable = long.map((one) => one?.request)
    const short = all.flatMap((one, index) =>
      isShort(index) ? [askedBy(one, index, resource, usable.slice(index))] : [],
    )
    const largest = short
      .map(({ request }) => request)
      .reduce((most, one) => ((one?.exactly?.count ?? 0) > (most?.exactly?.count ?? 0) ? one : most), undefined)
    const replaced = new Set(short.map(({ request }) => request?.name))
    requests.push(...[largest, ...usable].filter((one) => one !== undefined))
    mappings.push(
      ...long.flatMap((one) => one?.mappings ?? []),
      // They run one after the other: what the largest asks for is there for all of them.
      ...short
        .flatMap((one) => one.mappings)
        .map((one) => (replaced.has(one.requestName) ? { ...one, requestName: largest!.name } : one)),
    )
  }
  return { requests: requests.sort((left, right) => compareText(left.name, right.name)), mappings }
}

/** The claim that a pod gets on each node, for those of its resources that the node does not offer itself. */
export class ExtendedClaims {
  readonly #pod: Pod
  readonly #classOf: ReadonlyMap<string, string>
  readonly #newUid: () => string
  readonly #known = new Map<string, ExtendedClaim>()

  constructor(pod: Pod, classOf: ReadonlyMap<string, string>, newUid: () => string) {
    this.#pod = pod
    this.#classOf = classOf
    this.#newUid = newUid
  }

  /** Undefined where the node offers all of them. */
  for(offered: ReadonlyMap<string, number> | undefined): ExtendedClaim | undefined {
    const wanted = [...this.#classOf].filter(([name]) => (offered?.get(name) ?? 0) === 0)
    if (wanted.length === 0) return undefined
    const key = wanted.map(([name]) => name).join(' ')
    const known = this.#known.get(key) ?? extendedClaim(this.#pod, this.#newUid(), new Map(wanted))
    this.#known.set(key, known)
    return known
  }
}
