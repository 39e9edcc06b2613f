import type { Disk, Instance, Listener, LoadBalancer, Role, Route, Rule } from './state.ts'

/** A route as it is shown: whether packets arrive anywhere by it. */
export type ShownRoute = Route & { readonly state: 'active' | 'blackhole' }

/** Every call there is: what it is given, and what it answers. */
export interface Calls {
  'ecs:DescribeInstances': [Record<string, never>, readonly Instance[]]
  'ecs:RunInstances': [NewInstance, Instance]
  'ecs:StartInstance': [{ readonly id: string }, Instance]
  'ecs:StopInstance': [{ readonly id: string }, Instance]
  'ecs:DeleteInstance': [{ readonly id: string }, Instance]
  'ecs:AttachInstanceRamRole': [{ readonly id: string; readonly role: string }, Instance]
  'ecs:CreateInstanceToken': [{ readonly id: string }, { readonly token: string }]
  'vpc:DescribeRouteEntryList': [Record<string, never>, readonly ShownRoute[]]
  'vpc:CreateRouteEntry': [NewRoute, ShownRoute]
  'vpc:DeleteRouteEntry': [{ readonly id: string }, ShownRoute]
  'slb:DescribeLoadBalancers': [Record<string, never>, readonly LoadBalancer[]]
  'slb:CreateLoadBalancer': [NewLoadBalancer, LoadBalancer]
  'slb:ModifyLoadBalancer': [{ readonly id: string } & Partial<NewLoadBalancer>, LoadBalancer]
  'slb:DeleteLoadBalancer': [{ readonly id: string }, LoadBalancer]
  'ecs:DescribeDisks': [Record<string, never>, readonly Disk[]]
  'ecs:CreateDisk': [NewDisk, Disk]
  'ecs:AttachDisk': [{ readonly id: string; readonly instance: string }, Disk]
  'ecs:DetachDisk': [{ readonly id: string }, Disk]
  'ecs:ResizeDisk': [{ readonly id: string; readonly sizeGiB: number }, Disk]
  'ecs:DeleteDisk': [{ readonly id: string }, Disk]
  'ram:ListRoles': [Record<string, never>, readonly Role[]]
  'ram:CreateRole': [{ readonly name: string; readonly rules: readonly Rule[] }, Role]
  'ram:UpdateRole': [{ readonly id: string; readonly rules: readonly Rule[] }, Role]
  'ram:DeleteRole': [{ readonly id: string }, Role]
}
export type CloudAction = keyof Calls

export interface NewInstance {
  readonly name: string
  readonly cluster: string
  readonly cpus: number
  readonly memoryBytes: number
  /** The one with the fewest instances unless given. */
  readonly zone?: string
  readonly role?: string
  /** The next free one unless given. */
  readonly privateAddress?: string
  readonly tags?: Readonly<Record<string, string>>
}
export interface NewRoute {
  readonly destination: string
  readonly instance: string
  readonly description?: string
}
export interface NewLoadBalancer {
  readonly name: string
  readonly cluster: string
  readonly description?: string
  /** The next free one unless given. */
  readonly address?: string
  readonly listeners: readonly Listener[]
  readonly sourceRanges?: readonly string[]
  readonly backends: readonly string[]
}
export interface NewDisk {
  readonly name: string
  readonly sizeGiB: number
  readonly zone?: string
}

/** How each call goes over HTTP: an `{id}` of the path is taken from what is given. */
export const cloudActions: Readonly<Record<CloudAction, readonly [method: string, path: string]>> = {
  'ecs:DescribeInstances': ['GET', '/v1/instances'],
  'ecs:RunInstances': ['POST', '/v1/instances'],
  'ecs:StartInstance': ['POST', '/v1/instances/{id}/start'],
  'ecs:StopInstance': ['POST', '/v1/instances/{id}/stop'],
  'ecs:DeleteInstance': ['DELETE', '/v1/instances/{id}'],
  'ecs:AttachInstanceRamRole': ['PUT', '/v1/instances/{id}/role'],
  'ecs:CreateInstanceToken': ['POST', '/v1/instances/{id}/token'],
  'vpc:DescribeRouteEntryList': ['GET', '/v1/routes'],
  'vpc:CreateRouteEntry': ['POST', '/v1/routes'],
  'vpc:DeleteRouteEntry': ['DELETE', '/v1/routes/{id}'],
  'slb:DescribeLoadBalancers': ['GET', '/v1/load-balancers'],
  'slb:CreateLoadBalancer': ['POST', '/v1/load-balancers'],
  'slb:ModifyLoadBalancer': ['PUT', '/v1/load-balancers/{id}'],
  'slb:DeleteLoadBalancer': ['DELETE', '/v1/load-balancers/{id}'],
  'ecs:DescribeDisks': ['GET', '/v1/disks'],
  'ecs:CreateDisk': ['POST', '/v1/disks'],
  'ecs:AttachDisk': ['POST', '/v1/disks/{id}/attach'],
  'ecs:DetachDisk': ['POST', '/v1/disks/{id}/detach'],
  'ecs:ResizeDisk': ['PUT', '/v1/disks/{id}'],
  'ecs:DeleteDisk': ['DELETE', '/v1/disks/{id}'],
  'ram:ListRoles': ['GET', '/v1/roles'],
  'ram:CreateRole': ['POST', '/v1/roles'],
  'ram:UpdateRole': ['PUT', '/v1/roles/{id}'],
  'ram:DeleteRole': ['DELETE', '/v1/roles/{id}'],
}

/** Whether a call changes nothing. */
export const isReading = (action: CloudAction): boolean => cloudActions[action][0] === 'GET'

/** The cloud as one caller sees it. Rejects with a CloudError what is refused. */
export interface CloudApi {
  call<A extends CloudAction>(action: A, input: Calls[A][0]): Promise<Calls[A][1]>
  /** Resolves with the cloud's revision once it is beyond the given one; rejects when the cloud cannot be reached. */
  changed(after: number, signal: AbortSignal): Promise<number>
}
