import { exactFieldValue, type FieldQuery } from '../../machinery/index.ts'
import {
  claimNamesOf,
  configMapNamesOf,
  type PersistentVolume,
  type Pod,
  persistentVolumes,
  pods,
  type ResourceSlice,
  resourceClaimNamesOf,
  resourceSlices,
  secretNamesOf,
  secretsOfVolume,
  type VolumeAttachment,
  volumeAttachments,
} from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { Identity } from '../request.ts'
import { type AuthorizationQuery, type Decision, type PolicyRule, ruleAllows } from './rbac.ts'

const nodePrefix = 'system:node:'
const leaseNamespace = 'kube-node-lease'
const mirrorAnnotation = 'kubernetes.io/config.mirror'
const allowed: Decision = { allowed: true, reason: '' }
const no = (reason = ''): Decision => ({ allowed: false, reason })
const ownVerbs = ['get', 'create', 'update', 'patch', 'delete']
const reading = ['list', 'watch']

/** What the pods of a node let that node read, and what every node may do besides. */
export class NodeAuthorizer {
  readonly #registry: Registry
  readonly #rules: readonly PolicyRule[]

  /** `rules` are those of the bootstrap ClusterRole system:node. */
  constructor(registry: Registry, rules: readonly PolicyRule[]) {
    this.#registry = registry
    this.#rules = rules
  }

  /** Undefined when the identity is no node. What is not allowed here may be by others. */
  authorize(identity: Identity, query: AuthorizationQuery): Promise<Decision> | Decision | undefined {
    if (!identity.groups.includes('system:nodes') || !identity.name.startsWith(nodePrefix)) return undefined
    const node = identity.name.slice(nodePrefix.length)
    if (node === '') return no(`unknown node for user ${JSON.stringify(identity.name)}`)
    const special = query.path === undefined ? this.#special(node, query) : undefined
    if (special !== undefined) return special
    return this.#rules.some((one) => ruleAllows(one, query)) ? allowed : no()
  }

  /** Undefined for kinds of which every node may do the same. */
  #special(node: string, query: AuthorizationQuery): Decision | Promise<Decision> | undefined {
    switch (`${query.group}/${query.resource}`) {
      case '/secrets':
      case '/configmaps':
        return this.#read(node, query)
      case '/persistentvolumeclaims':
        return query.subresource === 'status' ? this.#writeStatus(node, query) : this.#get(node, query)
      case '/persistentvolumes':
      case 'resource.k8s.io/resourceclaims':
      case 'storage.k8s.io/volumeattachments':
        return this.#get(node, query)
      case '/serviceaccounts':
        return this.#serviceAccount(node, query)
      case 'coordination.k8s.io/leases':
        return lease(node, query)
      case 'storage.k8s.io/csinodes':
        return csiNode(node, query)
      case 'resource.k8s.io/resourceslices':
        return this.#slice(node, query)
      case '/nodes':
        return ownNode(node, query)
      case '/pods':
        return this.#pod(node, query)
      case 'certificates.k8s.io/podcertificaterequests':
        return no()
      default:
        return undefined
    }
  }

  #read(node: string, query: AuthorizationQuery): Decision | Promise<Decision> {
    if (query.verb !== 'get' && !reading.includes(query.verb)) return no('can only read resources of this type')
    if (query.subresource !== '') return no('cannot read subresource')
    if (query.namespace === '') return no('can only read namespaced object of this type')
    return this.#related(node, query)
  }

  #get(node: string, query: AuthorizationQuery): Decision | Promise<Decision> {
    if (query.verb !== 'get') return no('can only get individual resources of this type')
    return query.subresource === '' ? this.#related(node, query) : no('cannot get subresource')
  }

  #writeStatus(node: string, query: AuthorizationQuery): Decision | Promise<Decision> {
    const isWrite = query.verb === 'update' || query.verb === 'patch'
    return isWrite ? this.#related(node, query) : no('can only get/update/patch this type')
  }

  #serviceAccount(node: string, query: AuthorizationQuery): Decision | Promise<Decision> {
    if (query.verb === 'get' && query.subresource === '') return this.#read(node, query)
    if (query.verb !== 'create' || query.name === '')
      return no('can only create tokens for individual service accounts')
    return query.subresource === 'token'
      ? this.#related(node, query)
      : no('can only create token subresource of serviceaccount')
  }

  #slice(node: string, query: AuthorizationQuery): Decision | Promise<Decision> {
    if (query.subresource !== '') return no('cannot authorize ResourceSlice subresources')
    if (query.verb === 'create') return allowed
    if (['get', 'update', 'patch', 'delete'].includes(query.verb)) return this.#related(node, query)
    return asksOnly(query, 'spec.nodeName', node)
      ? allowed
      : no('can only list/watch/deletecollection resourceslices with nodeName field selector')
  }

  #pod(node: string, query: AuthorizationQuery): Decision | Promise<Decision> {
    const { verb, subresource, name } = query
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : no()
    if (subresource === 'eviction') return verb === 'create' ? allowed : no()
    if (subresource !== '') return no()
    if (verb === 'create' || verb === 'delete') return allowed
    if (verb === 'get') return this.#related(node, query)
    if (!reading.includes(verb)) return no()
    if (asksOnly(query, 'spec.nodeName', node)) return allowed
    return name === '' ? no('can only list/watch pods with spec.nodeName field selector') : this.#related(node, query)
  }

  /** Kubernetes: a node reads an object only while something that is on the node refers to it. */
  async #related(node: string, query: AuthorizationQuery): Promise<Decision> {
    if (query.name === '') return no('No Object name found')
    const isRelated = await this.#isRelated(node, query)
    return isRelated ? allowed : no(`no relationship found between node '${node}' and this object`)
  }

  async #isRelated(node: string, { group, resource, namespace, name }: AuthorizationQuery): Promise<boolean> {
    const registry = this.#registry
    if (resource === 'volumeattachments') {
      const found = await registry.find<VolumeAttachment>(volumeAttachments, undefined, name)
      return found?.spec.nodeName === node
    }
    if (resource === 'resourceslices')
      return (await registry.find<ResourceSlice>(resourceSlices, undefined, name))?.spec.nodeName === node
    if (resource === 'pods') return (await registry.find<Pod>(pods, namespace, name))?.spec.nodeName === node
    if (resource === 'persistentvolumes') {
      const volume = await registry.find<PersistentVolume>(persistentVolumes, undefined, name)
      return volume !== undefined && (await this.#isMounted(node, volume))
    }
    const refersTo = references[`${group}/${resource}`]!
    const onNode = await this.#podsOf(node, namespace)
    if (onNode.some((pod) => refersTo(pod).includes(name))) return true
    if (resource !== 'secrets') return false
    const volumes = await registry.all<PersistentVolume>(persistentVolumes)
    for (const volume of volumes)
      if (secretsOfVolume(volume).includes(`${namespace}/${name}`) && (await this.#isMounted(node, volume))) return true
    return false
  }

  async #podsOf(node: string, namespace: string): Promise<readonly Pod[]> {
    const all = await this.#registry.all<Pod>(pods, namespace)
    // Kubernetes: mirror pods are made by nodes, and would let them read what they like.
    return all.filter(
      ({ metadata, spec }) => spec?.nodeName === node && metadata.annotations?.[mirrorAnnotation] === undefined,
    )
  }

  async #isMounted(node: string, { spec }: PersistentVolume): Promise<boolean> {
    const { namespace = '', name = '' } = spec?.claimRef ?? {}
    return name !== '' && (await this.#podsOf(node, namespace)).some((pod) => claimNamesOf(pod).includes(name))
  }
}

const references: Readonly<Record<string, (pod: Pod) => readonly string[]>> = {
  '/secrets': secretNamesOf,
  '/configmaps': configMapNamesOf,
  '/persistentvolumeclaims': claimNamesOf,
  'resource.k8s.io/resourceclaims': resourceClaimNamesOf,
  '/serviceaccounts': ({ spec }) => [spec.serviceAccountName ?? ''],
}

const asksOnly = ({ fieldSelector = [] }: { readonly fieldSelector?: FieldQuery }, field: string, value: string) =>
  exactFieldValue(fieldSelector, field) === value

function lease(node: string, { verb, namespace, name }: AuthorizationQuery): Decision {
  if (!ownVerbs.includes(verb)) return no('can only get, create, update, patch, or delete a node lease')
  if (namespace !== leaseNamespace) return no(`can only access leases in the "${leaseNamespace}" system namespace`)
  const isOwn = verb === 'create' || name === node
  return isOwn ? allowed : no('can only access node lease with the same name as the requesting node')
}

function csiNode(node: string, { verb, subresource, name }: AuthorizationQuery): Decision {
  if (!ownVerbs.includes(verb)) return no('can only get, create, update, patch, or delete a CSINode')
  if (subresource !== '') return no('cannot authorize CSINode subresources')
  const isOwn = verb === 'create' || name === node
  return isOwn ? allowed : no('can only access CSINode with the same name as the requesting node')
}

function ownNode(node: string, { verb, subresource, name }: AuthorizationQuery): Decision {
  const isWrite = verb === 'update' || verb === 'patch'
  if (subresource === 'status') return isWrite ? allowed : no()
  if (subresource !== '') return no()
  if (verb === 'create' || isWrite) return allowed
  if (verb !== 'get' && !reading.includes(verb)) return no()
  if (name === node) return allowed
  return no(
    name === ''
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  )
}
