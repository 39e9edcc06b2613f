/** Autoscaler: how many nodes there are. Driven by what the scheduler can place, not by load; knows providers of nodes by their interface. */
export { nodeAutoscalerController } from './controller.ts'
export { type NodeGroup, type NodeGroupProvider, priceBySize } from './groups.ts'
export { type AutoscalerOptions, optionsDefault } from './options.ts'
export { statusName } from './status.ts'
