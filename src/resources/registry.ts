import { admissionregistrationResources } from './admissionregistration/definitions.ts'
import { apiextensionsResources } from './apiextensions/definitions.ts'
import { apiregistrationResources } from './apiregistration/definitions.ts'
import { apiserverinternalResources } from './apiserverinternal/definitions.ts'
import { appsResources } from './apps/definitions.ts'
import { authenticationResources } from './authentication/definitions.ts'
import { authorizationResources } from './authorization/definitions.ts'
import { autoscalingResources } from './autoscaling/definitions.ts'
import { batchResources } from './batch/definitions.ts'
import { certificatesResources } from './certificates/definitions.ts'
import { coordinationResources } from './coordination/definitions.ts'
import { coreResources } from './core/definitions.ts'
import type { ResourceDefinition } from './definition.ts'
import { discoveryResources } from './discovery/definitions.ts'
import { eventsResources } from './events/definitions.ts'
import type { GroupFacts } from './facts.ts'
import { flowcontrolResources } from './flowcontrol/definitions.ts'
import { groupFacts } from './generated/resource-facts.ts'
import { networkingResources } from './networking/definitions.ts'
import { nodeResources } from './node/definitions.ts'
import { policyResources } from './policy/definitions.ts'
import { rbacResources } from './rbac/definitions.ts'
import { resourceResources } from './resource/definitions.ts'
import { schedulingResources } from './scheduling/definitions.ts'
import { storageResources } from './storage/definitions.ts'
import { storagemigrationResources } from './storagemigration/definitions.ts'

/** Every built-in resource of every version, served by default or not. */
export const allResources: readonly ResourceDefinition<any>[] = [
  ...admissionregistrationResources,
  ...apiextensionsResources,
  ...apiregistrationResources,
  ...apiserverinternalResources,
  ...appsResources,
  ...authenticationResources,
  ...authorizationResources,
  ...autoscalingResources,
  ...batchResources,
  ...certificatesResources,
  ...coordinationResources,
  ...coreResources,
  ...discoveryResources,
  ...eventsResources,
  ...flowcontrolResources,
  ...networkingResources,
  ...nodeResources,
  ...policyResources,
  ...rbacResources,
  ...resourceResources,
  ...schedulingResources,
  ...storageResources,
  ...storagemigrationResources,
]

/** The built-in API groups in the order discovery lists them, versions in order of preference. */
export const apiGroups: readonly GroupFacts[] = groupFacts

const byResource = new Map(allResources.map((one) => [`${one.group}/${one.version}/${one.plural}`, one]))
const byKind = new Map(allResources.map((one) => [`${one.group}/${one.version}/${one.kind}`, one]))

/** The built-in resource a request path names, if any. */
export function resourceFor(of: {
  readonly group: string
  readonly version: string
  readonly resource: string
}): ResourceDefinition<any> | undefined {
  return byResource.get(`${of.group}/${of.version}/${of.resource}`)
}

/** The built-in resource whose objects carry this group, version and kind, if any. */
export function resourceForKind(of: {
  readonly group: string
  readonly version: string
  readonly kind: string
}): ResourceDefinition<any> | undefined {
  return byKind.get(`${of.group}/${of.version}/${of.kind}`)
}
