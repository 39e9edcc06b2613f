import { cloudNodeController } from './cloud-node/controller.ts'
import { cloudNodeLifecycleController } from './cloud-node-lifecycle/controller.ts'
import { nodeRouteController } from './node-route/controller.ts'
import type { CloudProvider } from './runtime/cloud-provider.ts'
import type { Controller } from './runtime/controller.ts'
import { serviceLbController } from './service-lb/controller.ts'

/** The controllers that make a cluster one with its cloud, under Kubernetes' names: those that the cloud has the means for. */
export function cloudControllers(cloud: CloudProvider): readonly Controller[] {
  const { routes, loadBalancers } = cloud
  return [
    cloudNodeController(cloud),
    cloudNodeLifecycleController(cloud),
    ...(routes === undefined ? [] : [nodeRouteController(cloud, routes)]),
    ...(loadBalancers === undefined ? [] : [serviceLbController(cloud, loadBalancers)]),
  ]
}
