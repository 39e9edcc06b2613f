import type { CloudApi, Instance, Rule } from '../../cloud/index.ts'

const controlPlaneCpus = 2
const controlPlaneBytes = 4 * 1024 ** 3
/** Of an instance that runs a control plane, and of no node. */
export const partTag = 'part'

const rule = (name: string, actions: readonly string[]): Rule => ({ name, effect: 'allow', actions, resources: ['*'] })

/** What a cluster's control plane needs of its cloud, and what its nodes need. */
const rulesOf: Readonly<Record<'control-plane' | 'node', readonly Rule[]>> = {
  'control-plane': [
    rule('instances', ['ecs:DescribeInstances', 'ecs:RunInstances', 'ecs:DeleteInstance']),
    rule('routes', ['vpc:DescribeRouteEntryList', 'vpc:CreateRouteEntry', 'vpc:DeleteRouteEntry']),
    rule('load-balancers', [
      'slb:DescribeLoadBalancers',
      'slb:CreateLoadBalancer',
      'slb:ModifyLoadBalancer',
      'slb:DeleteLoadBalancer',
    ]),
    rule('disks', ['ecs:DescribeDisks', 'ecs:CreateDisk', 'ecs:AttachDisk', 'ecs:DetachDisk', 'ecs:DeleteDisk']),
  ],
  node: [rule('describe', ['ecs:DescribeInstances'])],
}

/** The role that a part of a cluster has in the cloud. */
export const roleNameOf = (cluster: string, part: 'control-plane' | 'node'): string => `cox-${cluster}-${part}`

/**
 * Makes a cluster known to a cloud, as its owner: two roles, and an instance for the control plane. What is there already is
 * left as it was edited. Resolves with the control plane's instance.
 */
export async function joinCloud(owner: CloudApi, cluster: string): Promise<Instance> {
  const roles = await owner.call('ram:ListRoles', {})
  for (const part of ['control-plane', 'node'] as const) {
    const name = roleNameOf(cluster, part)
    if (!roles.some((one) => one.name === name)) await owner.call('ram:CreateRole', { name, rules: rulesOf[part] })
  }
  const known = (await owner.call('ecs:DescribeInstances', {})).find(
    (one) => one.cluster === cluster && one.tags[partTag] === 'control-plane',
  )
  return (
    known ??
    owner.call('ecs:RunInstances', {
      ...{ name: 'control-plane', cluster, cpus: controlPlaneCpus, memoryBytes: controlPlaneBytes },
      role: roleNameOf(cluster, 'control-plane'),
      tags: { [partTag]: 'control-plane' },
    })
  )
}

/** Makes a cluster's instances and load balancers go, and its roles: nobody will come back for them. */
export async function leaveCloud(owner: CloudApi, cluster: string): Promise<void> {
  const [instances, balancers, routes] = await Promise.all([
    owner.call('ecs:DescribeInstances', {}),
    owner.call('slb:DescribeLoadBalancers', {}),
    owner.call('vpc:DescribeRouteEntryList', {}),
  ])
  const own = instances.filter((one) => one.cluster === cluster)
  for (const { id, instance, description } of routes)
    if (own.some((one) => one.id === instance) || description.startsWith(`${cluster}/`))
      await owner.call('vpc:DeleteRouteEntry', { id })
  for (const { id } of balancers.filter((one) => one.cluster === cluster))
    await owner.call('slb:DeleteLoadBalancer', { id })
  for (const { id } of own) await owner.call('ecs:DeleteInstance', { id })
  const roles = await owner.call('ram:ListRoles', {})
  for (const part of ['control-plane', 'node'] as const) {
    const name = roleNameOf(cluster, part)
    if (roles.some((one) => one.name === name)) await owner.call('ram:DeleteRole', { id: name })
  }
}
