import { deploymentController } from './deployment/controller.ts'
import { replicaSetController } from './replicaset/controller.ts'
import type { Controller } from './runtime/controller.ts'

/** Every controller, under Kubernetes' names. */
export const allControllers: readonly Controller[] = [deploymentController, replicaSetController]
