/** Controllers: each closes one gap between what is asked and what is. They know the API, and not one another. */
export { allControllers } from './all.ts'
export { cloudControllers } from './cloud-controllers.ts'
export type {
  BalancerStatus,
  CloudInstance,
  CloudLoadBalancers,
  CloudProvider,
  CloudRoute,
  CloudRoutes,
} from './runtime/cloud-provider.ts'
export type {
  Cached,
  Certify,
  Controller,
  ControllerConfig,
  LocalVolumes,
  Reconcile,
  Tools,
  Turn,
  Watch,
} from './runtime/controller.ts'
export { type ControllersParts, runController, runControllers } from './runtime/run.ts'
export { type ControllerSettings, defaultSettings } from './runtime/settings.ts'
