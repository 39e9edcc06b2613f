import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { StorageVersion } from '../generated/types.ts'
import { storageVersionHooks } from './hooks.ts'

export const storageVersions = defineResource<StorageVersion>(
  'storageversions.v1alpha1.internal.apiserver.k8s.io',
  storageVersionHooks,
)

/** Every resource of this group, in the order discovery would list them. */
export const apiserverinternalResources: readonly ResourceDefinition<any>[] = [storageVersions]
