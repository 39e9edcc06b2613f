import type { Node, NodeAddress, Service } from '../../resources/index.ts'

/** What a cloud tells of the machine behind a node. */
export interface CloudInstance {
  readonly providerId: string
  readonly type: string
  readonly zone: string
  readonly region: string
  readonly addresses: readonly NodeAddress[]
  /** It exists, and is switched off. */
  readonly isShutdown: boolean
  /** Labels besides those that Kubernetes has names for. */
  readonly labels?: Readonly<Record<string, string>>
}
/** An entry of the network's route table. */
export interface CloudRoute {
  readonly id: string
  readonly destination: string
  readonly targetNode: string
  /** Packets for it go nowhere. */
  readonly isBlackhole: boolean
}
/** The route table of a cluster's network. What is refused rejects with the cloud's own words. */
export interface CloudRoutes {
  list(): Promise<readonly CloudRoute[]>
  create(node: Node, destination: string): Promise<void>
  delete(route: CloudRoute): Promise<void>
}
/** Addresses at which clients reach a load balancer. */
export type BalancerStatus = NonNullable<NonNullable<Service['status']>['loadBalancer']>
/** Load balancers in front of services. */
export interface CloudLoadBalancers {
  /** Undefined: there is none for the service. */
  get(service: Service): Promise<BalancerStatus | undefined>
  /** Makes the balancer, or makes it as the service and the nodes are now. */
  ensure(service: Service, nodes: readonly Node[]): Promise<BalancerStatus>
  /** Puts other nodes behind the balancer. */
  update(service: Service, nodes: readonly Node[]): Promise<void>
  /** Does away with it; one that is not there is gone already. */
  delete(service: Service): Promise<void>
}

/** A cloud, as the cloud controllers know it; what it does not have is left out. */
export interface CloudProvider {
  /** What provider ids begin with. */
  readonly name: string
  /** The machine behind a node; undefined: there is none (any more). */
  instanceOf(node: Node): Promise<CloudInstance | undefined>
  readonly routes?: CloudRoutes
  readonly loadBalancers?: CloudLoadBalancers
  /** Tells whenever anything in the cloud has changed, so that nobody need ask again and again. */
  subscribe(listener: () => void): Disposable
}
