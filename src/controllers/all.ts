import type { Controller } from './runtime/controller.ts'

/** Every controller, under Kubernetes' names. */
export const allControllers: readonly Controller[] = []
