import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { StorageVersionMigration } from '../generated/types.ts'
import { storageVersionMigrationHooks } from './hooks.ts'

export const storageVersionMigrations = defineResource<StorageVersionMigration>(
  'storageversionmigrations.v1beta1.storagemigration.k8s.io',
  storageVersionMigrationHooks,
)

/** Every resource of this group, in the order discovery would list them. */
export const storagemigrationResources: readonly ResourceDefinition<any>[] = [storageVersionMigrations]
