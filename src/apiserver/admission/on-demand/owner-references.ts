import { forbidden, type OwnerReference, sameJson } from '../../../machinery/index.ts'
import type { ResourceDefinition } from '../../../resources/index.ts'
import type { Authorizer } from '../../authz/authorize.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

type Owners = readonly OwnerReference[]
const ownersOf = (object: object | undefined): Owners =>
  (object as { readonly metadata?: { readonly ownerReferences?: Owners } } | undefined)?.metadata?.ownerReferences ?? []

/**
 * OwnerReferencesPermissionEnforcement: only who may delete an object says who owns it, and only who may finalize the owner has it
 * wait for the object.
 */
export function ownerReferencesPermissionEnforcement(
  authorizer: () => Authorizer,
  resources: () => readonly ResourceDefinition<any>[],
): AdmissionPlugin {
  const refusal = ({ definition, name }: Attributes, why: string) =>
    forbidden({ group: definition.group, resource: definition.plural }, name, why)
  const mayDelete = async (attributes: Attributes) => {
    const { definition, subresource, namespace, name, identity } = attributes
    const about = { group: definition.group, version: definition.version, resource: definition.plural }
    const decision = await authorizer().decide(identity, { verb: 'delete', ...about, subresource, namespace, name })
    if (decision.allowed) return
    const why = `cannot set an ownerRef on a resource you can't delete: ${reasonOf(decision)}, <nil>`
    throw refusal(attributes, why)
  }
  const mayFinalize = async (attributes: Attributes, owner: OwnerReference) => {
    const { identity, namespace } = attributes
    const [version = '', group = ''] = owner.apiVersion.split('/').reverse()
    const found = resources().filter((one) => one.group === group && one.version === version && one.kind === owner.kind)
    if (found.length === 0) {
      const why = `no matches for kind ${JSON.stringify(owner.kind)} in version ${JSON.stringify(owner.apiVersion)}`
      throw refusal(
        attributes,
        `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${owner.apiVersion} Kind ${owner.kind}: ${why}`,
      )
    }
    for (const { plural, scope } of found) {
      const within = scope === 'Namespaced' ? namespace : ''
      const about = { verb: 'update', group, version, resource: plural, subresource: 'finalizers' }
      const decision = await authorizer().decide(identity, { ...about, namespace: within, name: owner.name })
      if (decision.allowed) continue
      const why = `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reasonOf(decision)}, <nil>`
      throw refusal(attributes, why)
    }
  }
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    async validate(attributes) {
      const { operation, definition, subresource, object, previous, identity } = attributes
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      // Kubernetes: a kubelet that writes a pod's status changes nothing of this.
      if (definition.group === '' && definition.plural === 'pods' && subresource === 'status') return
      const [now, before] = [ownersOf(object), ownersOf(previous)]
      if (sameJson(now, before)) return
      if (operation === 'UPDATE') await mayDelete(attributes)
      const blocked = now.filter(
        (owner) =>
          owner.blockOwnerDeletion === true &&
          !before.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true),
      )
      if (blocked.length === 0) return
      const anything = { verb: 'update', group: '*', version: '*', resource: '*', subresource: 'finalizers' }
      if ((await authorizer().decide(identity, { ...anything, namespace: '', name: '*' })).allowed) return
      for (const owner of blocked) await mayFinalize(attributes, owner)
    },
  }
}

function reasonOf(decision: object): string {
  return (decision as { readonly reason?: string }).reason ?? ''
}
