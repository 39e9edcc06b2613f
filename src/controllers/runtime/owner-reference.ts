import type { KubeObject, OwnerReference } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'

/** The reference by which a controller's object manages another. */
export function ownerReference(of: ResourceDefinition<any>, owner: KubeObject): OwnerReference {
  return {
    apiVersion: of.group === '' ? of.version : `${of.group}/${of.version}`,
    kind: of.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}
