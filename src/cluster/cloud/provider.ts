import {
  type Calls,
  type CloudAction,
  type CloudApi,
  CloudError,
  type Instance,
  type LoadBalancer,
} from '../../cloud/index.ts'
import type { CloudInstance, CloudLoadBalancers, CloudProvider, CloudRoutes } from '../../controllers/index.ts'
import type { Node, Service } from '../../resources/index.ts'
import { type FollowedCloud, providerIdOf, providerName } from './follow.ts'

export interface ProviderParts {
  /** The cloud as the cluster's control plane sees it. */
  readonly api: CloudApi
  readonly followed: FollowedCloud
  readonly cluster: string
}

/** Our cloud as the cloud controllers want one. */
export function cloudProvider({ api, followed, cluster }: ProviderParts): CloudProvider {
  const asked = new Instances(api, cluster)
  followed.subscribe(() => asked.forget())
  return {
    name: providerName,
    async instanceOf(node) {
      const found = (await asked.all()).find((one) => isBehind(one, node))
      return found === undefined ? undefined : described(found)
    },
    routes: routesOf(api, asked, cluster),
    loadBalancers: balancersOf(api, asked, cluster),
    subscribe: (listener) => followed.subscribe(listener),
  }
}

const isBehind = (instance: Instance, node: Node) =>
  (node.spec.providerID ?? '') === ''
    ? instance.name === node.metadata.name
    : providerIdOf(instance) === node.spec.providerID

function described(instance: Instance): CloudInstance {
  const { type, zone, privateAddress, state } = instance
  return {
    providerId: providerIdOf(instance),
    type,
    zone,
    region: zone.slice(0, zone.lastIndexOf('-')),
    addresses: [{ type: 'InternalIP', address: privateAddress }],
    isShutdown: state === 'stopped',
  }
}

/** The cluster's instances, asked for once between two changes. */
class Instances {
  readonly #api: CloudApi
  readonly #cluster: string
  #asked: Promise<readonly Instance[]> | undefined

  constructor(api: CloudApi, cluster: string) {
    this.#api = api
    this.#cluster = cluster
  }
  forget(): void {
    this.#asked = undefined
  }
  all(): Promise<readonly Instance[]> {
    const asked = (this.#asked ??= call(this.#api, 'ecs:DescribeInstances', {}).then(
      (list) => list.filter(({ cluster }) => cluster === this.#cluster),
      (error) => {
        if (this.#asked === asked) this.#asked = undefined
        throw error
      },
    ))
    return asked
  }
}

/** A refusal in the words that events and conditions show: the code, then the sentence. */
async function call<A extends CloudAction>(api: CloudApi, action: A, input: Calls[A][0]): Promise<Calls[A][1]> {
  try {
    return await api.call(action, input)
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    throw new CloudError(error.status, error.code, `${error.code}: ${error.message}`, error.rule)
  }
}

function routesOf(api: CloudApi, asked: Instances, cluster: string): CloudRoutes {
  return {
    async list() {
      const [routes, instances] = await Promise.all([call(api, 'vpc:DescribeRouteEntryList', {}), asked.all()])
      const names = new Map(instances.map(({ id, name }) => [id, name]))
      return routes.flatMap(({ id, destination, instance, description, state }) => {
        // Of an instance that is gone, the description still says whose it was.
        const targetNode = names.get(instance) ?? goneNode(description, cluster)
        return targetNode === undefined ? [] : [{ id, destination, targetNode, isBlackhole: state === 'blackhole' }]
      })
    },
    async create(node, destination) {
      const found = (await asked.all()).find((one) => isBehind(one, node))
      if (found === undefined) throw new Error(`the cloud has no instance for node ${node.metadata.name}`)
      const description = `${cluster}/${node.metadata.name}`
      await call(api, 'vpc:CreateRouteEntry', { destination, instance: found.id, description })
    },
    delete: async ({ id }) => void (await call(api, 'vpc:DeleteRouteEntry', { id })),
  }
}

function goneNode(description: string, cluster: string): string | undefined {
  return description.startsWith(`${cluster}/`) ? description.slice(cluster.length + 1) : undefined
}

/** Kubernetes: the name that clouds without a better one give the balancer of a service. */
const balancerName = ({ metadata: { uid } }: Service) => `a${uid.replaceAll('-', '')}`.slice(0, 32)

function balancersOf(api: CloudApi, asked: Instances, cluster: string): CloudLoadBalancers {
  const find = async (service: Service) =>
    (await call(api, 'slb:DescribeLoadBalancers', {})).find(
      (one) => one.cluster === cluster && one.name === balancerName(service),
    )
  const backendsOf = async (nodes: readonly Node[]) => {
    const instances = await asked.all()
    return nodes.flatMap((node) => instances.find((one) => isBehind(one, node))?.id ?? []).toSorted()
  }
  const statusOf = ({ address }: LoadBalancer) => ({ ingress: [{ ip: address, ipMode: 'VIP' }] })
  return {
    async get(service) {
      const found = await find(service)
      return found === undefined ? undefined : statusOf(found)
    },
    async ensure(service, nodes) {
      const wanted = { ...wishOf(service), backends: await backendsOf(nodes) }
      const found = await find(service)
      const balancer =
        found === undefined
          ? await call(api, 'slb:CreateLoadBalancer', { name: balancerName(service), cluster, ...wanted })
          : await call(api, 'slb:ModifyLoadBalancer', { id: found.id, ...wanted })
      return statusOf(balancer)
    },
    async update(service, nodes) {
      const found = await find(service)
      if (found === undefined) throw new Error(`service ${service.metadata.name} has no load balancer`)
      await call(api, 'slb:ModifyLoadBalancer', { id: found.id, backends: await backendsOf(nodes) })
    },
    async delete(service) {
      const found = await find(service)
      if (found !== undefined) await call(api, 'slb:DeleteLoadBalancer', { id: found.id })
    },
  }
}

function wishOf({ metadata, spec }: Service) {
  return {
    description: `${metadata.namespace}/${metadata.name}`,
    listeners: (spec.ports ?? []).map(({ name = '', protocol = 'TCP', port, nodePort = 0 }) => ({
      ...{ name, protocol, port, nodePort },
    })),
    sourceRanges: spec.loadBalancerSourceRanges ?? [],
    ...((spec.loadBalancerIP ?? '') === '' ? {} : { address: spec.loadBalancerIP! }),
  }
}
