/** A rule of a role: what it allows or denies, on what; `*` stands for any text. */
export interface Rule {
  readonly name: string
  readonly effect: 'allow' | 'deny'
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}
/** What those to whom it is bound may do. */
export interface Role {
  readonly name: string
  readonly rules: readonly Rule[]
}
/** A machine of the cloud. */
export interface Instance {
  readonly id: string
  readonly name: string
  /** Whose machine it is. */
  readonly cluster: string
  readonly type: string
  readonly cpus: number
  readonly memoryBytes: number
  readonly zone: string
  readonly state: 'running' | 'stopped'
  readonly privateAddress: string
  /** The role whose rules its calls are held against; none: it may do nothing. */
  readonly role: string
  readonly tags: Readonly<Record<string, string>>
  readonly createdAt: string
}
/** An entry of the network's route table. */
export interface Route {
  readonly id: string
  readonly destination: string
  /** The instance that packets go to. */
  readonly instance: string
  readonly description: string
  readonly createdAt: string
}
export interface Listener {
  readonly name: string
  readonly protocol: string
  readonly port: number
  readonly nodePort: number
}
export interface LoadBalancer {
  readonly id: string
  readonly name: string
  readonly cluster: string
  /** What it was made for. */
  readonly description: string
  readonly address: string
  readonly listeners: readonly Listener[]
  /** Who may connect. */
  readonly sourceRanges: readonly string[]
  /** The instances behind it. */
  readonly backends: readonly string[]
  readonly createdAt: string
}
export interface Disk {
  readonly id: string
  readonly name: string
  readonly sizeGiB: number
  readonly zone: string
  /** The instance that has it; empty while it is free. */
  readonly instance: string
  readonly device: string
  readonly createdAt: string
}

/** All that a cloud is, as it is kept in a file. */
export interface CloudState {
  readonly format: 1
  readonly name: string
  readonly region: string
  readonly zones: readonly string[]
  /** Addresses of instances, and of load balancers. */
  readonly instanceRange: string
  readonly balancerRange: string
  /** Grows with every change. */
  revision: number
  readonly instances: Record<string, Instance>
  /** What an instance shows to be believed, by its id. */
  readonly tokens: Record<string, string>
  readonly routes: Record<string, Route>
  readonly loadBalancers: Record<string, LoadBalancer>
  readonly disks: Record<string, Disk>
  readonly roles: Record<string, Role>
}

export const stateFormat = 1

/** A cloud that has nothing yet: one region with three zones. */
export function newCloud(name: string): CloudState {
  const region = `cox-${name}`
  return {
    format: stateFormat,
    name,
    region,
    zones: ['a', 'b', 'c'].map((letter) => `${region}-${letter}`),
    instanceRange: '172.20.0.0/16',
    // Set aside for measuring networks: nobody on the Internet has these.
    balancerRange: '198.18.0.0/16',
    revision: 1,
    instances: {},
    tokens: {},
    routes: {},
    loadBalancers: {},
    disks: {},
    roles: {},
  }
}

/** Whether packets for the route go nowhere: its instance is off, or gone. */
export function isBlackhole(state: CloudState, route: Route): boolean {
  return state.instances[route.instance]?.state !== 'running'
}
