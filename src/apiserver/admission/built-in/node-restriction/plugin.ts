import {
  forbidden,
  type KubeObject,
  notFound,
  requestedNameOf,
  StatusError,
  sameJson,
} from '../../../../machinery/index.ts'
import {
  type CSIDriver,
  csiDrivers,
  type Draft,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
} from '../../../../resources/index.ts'
import type { Authorizer } from '../../../authz/authorize.ts'
import type { Registry } from '../../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../../admission.ts'
import { migratedDriverOf } from './migrated-volumes.ts'
import { apiObjectsOf } from './mirror-pods.ts'

export interface NodeRestrictionParts {
  readonly registry: () => Registry
  readonly authorizer: () => Authorizer
}

const mirrorAnnotation = 'kubernetes.io/config.mirror'
const leaseNamespace = 'kube-node-lease'
const kubeletSigners = new Set(['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'])

/** Labels in Kubernetes' own namespaces that a node may give itself. */
const ownLabels = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const isWithin = (namespace: string, domain: string) => namespace === domain || namespace.endsWith(`.${domain}`)

/** The node somebody is, or undefined for everybody else. */
export function nodeNameOf({ name, groups }: Attributes['identity']): string | undefined {
  const prefix = 'system:node:'
  return name.startsWith(prefix) && groups.includes('system:nodes') ? name.slice(prefix.length) : undefined
}

/** Whether a label is one that nodes must not set themselves, since it could draw workloads to them. */
export function isForbiddenLabel(label: string): boolean {
  const slash = label.indexOf('/')
  const namespace = slash < 0 ? '' : label.slice(0, slash)
  if (isWithin(namespace, 'node-restriction.kubernetes.io')) return true
  if (!isWithin(namespace, 'kubernetes.io') && !isWithin(namespace, 'k8s.io')) return false
  return (
    !ownLabels.has(label) && !isWithin(namespace, 'kubelet.kubernetes.io') && !isWithin(namespace, 'node.kubernetes.io')
  )
}

type Rule = (node: string, attributes: Attributes, parts: NodeRestrictionParts) => Promise<void> | void

const rules: Readonly<Record<string, Rule>> = {
  '/pods': (node, attributes, parts) => {
    const rule = podRules[attributes.subresource]
    if (rule !== undefined) return rule(node, attributes, parts)
    const { subresource } = attributes
    refuse(
      attributes,
      `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`,
    )
  },
  '/nodes': ownNode,
  '/persistentvolumeclaims': claimStatus,
  '/serviceaccounts': tokenRequest,
  'certificates.k8s.io/podcertificaterequests': (_node, attributes) =>
    refuse(attributes, 'PodCertificateRequest feature gate is disabled'),
  'coordination.k8s.io/leases': (node, attributes) => {
    if (attributes.namespace !== leaseNamespace)
      refuse(attributes, `can only access leases in the ${JSON.stringify(leaseNamespace)} system namespace`)
    if (nameIn(attributes) !== node)
      refuse(attributes, 'can only access node lease with the same name as the requesting node')
  },
  'storage.k8s.io/csinodes': (node, attributes) => {
    if (nameIn(attributes) !== node)
      refuse(attributes, 'can only access CSINode with the same name as the requesting node')
  },
  'resource.k8s.io/resourceslices': (node, attributes) => {
    const { operation, object, previous } = attributes
    const verb = { CREATE: 'create', DELETE: 'delete' }[operation as string]
    const slice = operation === 'DELETE' ? (previous as Draft) : object
    if (verb !== undefined && slice?.spec?.nodeName !== node)
      refuse(attributes, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`)
  },
  'certificates.k8s.io/certificatesigningrequests': (node, attributes) => {
    const { operation, object, subresource } = attributes
    if (operation !== 'CREATE' || subresource !== '' || !kubeletSigners.has(object.spec?.signerName)) return
    let subject: string | undefined
    try {
      subject = requestedNameOf(object.spec?.request ?? '')
    } catch (error) {
      refuse(attributes, `unable to parse csr: ${(error as Error).message}`)
    }
    if (subject !== `system:node:${node}`) refuse(attributes, `can only create a node CSR with CN=system:node:${node}`)
  },
}

/** NodeRestriction: what a node may write is about itself and about pods that run on it. */
export function nodeRestriction(parts: NodeRestrictionParts): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    standsBy: ({ identity }) => (nodeNameOf(identity) === undefined ? { kinds: [] } : undefined),
    admit(attributes) {
      const node = nodeNameOf(attributes.identity)
      if (node === undefined) return
      if (node === '')
        refuse(attributes, `could not determine node from user ${JSON.stringify(attributes.identity.name)}`)
      return rules[`${attributes.definition.group}/${attributes.definition.plural}`]?.(node, attributes, parts)
    },
  }
}

function refuse({ definition, name }: Attributes, why: string): never {
  throw forbidden({ group: definition.group, resource: definition.plural }, name, why)
}

const nameIn = ({ operation, object, name }: Attributes): string =>
  operation === 'CREATE' ? (object?.metadata?.name ?? name) : name

const podRules: Readonly<Record<string, Rule>> = {
  '': async (node, attributes, parts) => {
    const { operation, previous } = attributes
    if (operation === 'CREATE') return mirrorPod(node, attributes, parts)
    if (operation !== 'DELETE')
      refuse(attributes, `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`)
    if ((previous as Pod).spec?.nodeName !== node)
      refuse(attributes, `node "${node}" can only delete pods with spec.nodeName set to itself`)
  },
  status: (node, attributes) => {
    const { operation, object, previous } = attributes
    if (operation !== 'UPDATE') refuse(attributes, `unexpected operation "${operation}"`)
    const before = previous as Draft
    if (before.spec?.nodeName !== node)
      refuse(attributes, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`)
    if (!sameJson(before.metadata.labels ?? {}, object.metadata.labels ?? {}))
      refuse(attributes, `node "${node}" cannot update labels through pod status`)
    if (!sameJson(before.status?.resourceClaimStatuses ?? [], object.status?.resourceClaimStatuses ?? []))
      refuse(attributes, `node "${node}" cannot update resource claim statues`)
    if (!sameJson(before.status?.extendedResourceClaimStatus, object.status?.extendedResourceClaimStatus))
      refuse(attributes, `node "${node}" cannot update extended resource claim status`)
  },
  eviction: async (node, attributes, { registry }) => {
    const { operation, namespace, name } = attributes
    if (operation !== 'CREATE') refuse(attributes, `unexpected operation ${operation}`)
    const pod = await registry().find<Pod>(pods, namespace, name)
    if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name)
    if (pod.spec?.nodeName !== node)
      refuse(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`)
  },
}

/** A node shows its static pods in the API; it must not thereby reach anything else. */
async function mirrorPod(node: string, attributes: Attributes, { registry }: NodeRestrictionParts): Promise<void> {
  const { object } = attributes
  const who = `node ${JSON.stringify(node)}`
  if (object.metadata.annotations?.[mirrorAnnotation] === undefined)
    refuse(attributes, `pod does not have "${mirrorAnnotation}" annotation, ${who} can only create mirror pods`)
  if (object.spec?.nodeName !== node) refuse(attributes, `${who} can only create pods with spec.nodeName set to itself`)
  const owners: readonly Draft[] = object.metadata.ownerReferences ?? []
  if (owners.length > 1) refuse(attributes, `${who} can only create pods with a single owner reference set to itself`)
  const [owner] = owners
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    refuse(attributes, `${who} can only create pods with an owner reference set to itself`)
  if (owner.controller !== true)
    refuse(attributes, `${who} can only create pods with a controller owner reference set to itself`)
  if (owner.blockOwnerDeletion === true)
    refuse(attributes, `${who} must not set blockOwnerDeletion on an owner reference`)
  const known = await registry().find(nodes, undefined, node)
  if (known === undefined) throw notFound({ group: '', resource: 'nodes' }, node)
  if (owner.uid !== known.metadata.uid)
    refuse(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${known.metadata.uid}`)
  const found = apiObjectsOf(object)
  if (found !== undefined) refuse(attributes, `${who} can not create pods that reference ${found}`)
}

function ownNode(node: string, attributes: Attributes): void {
  const { operation, object, previous, name } = attributes
  const who = `node ${JSON.stringify(node)}`
  const asked = name === '' ? nameIn(attributes) : name
  if (asked !== node) refuse(attributes, `${who} is not allowed to modify node ${JSON.stringify(asked)}`)
  if (operation === 'CREATE') {
    if (object.spec?.configSource !== undefined)
      refuse(attributes, `${who} is not allowed to create pods with a non-nil configSource`)
    const labels = changedLabels(object.metadata.labels, {}).filter(isForbiddenLabel)
    if (labels.length > 0) refuse(attributes, `${who} is not allowed to set the following labels: ${labels.join(', ')}`)
  }
  if (operation !== 'UPDATE') return
  const before = previous as Draft
  const source = object.spec?.configSource
  if (source !== undefined && !sameJson(source, before.spec?.configSource))
    refuse(attributes, `${who} is not allowed to update configSource to a new non-nil configSource`)
  if (!sameJson(object.spec?.taints ?? [], before.spec?.taints ?? []))
    refuse(attributes, `${who} is not allowed to modify taints`)
  if (!sameJson(object.metadata.ownerReferences ?? [], before.metadata.ownerReferences ?? []))
    refuse(attributes, `${who} is not allowed to modify ownerReferences`)
  const labels = changedLabels(object.metadata.labels, before.metadata.labels).filter(isForbiddenLabel)
  if (labels.length > 0) refuse(attributes, `is not allowed to modify labels: ${labels.join(', ')}`)
}

type Labels = Readonly<Record<string, string>> | undefined
const changedLabels = (one: Labels = {}, other: Labels = {}): readonly string[] =>
  Object.keys({ ...one, ...other })
    .filter((key) => one[key] !== other[key])
    .sort()

/** What of a claim a node that grows the volume may write. */
const growing = ['capacity', 'conditions', 'allocatedResourceStatuses', 'allocatedResources']

function claimStatus(node: string, attributes: Attributes): void {
  const { operation, object, previous, subresource } = attributes
  if (subresource !== 'status') refuse(attributes, 'may only update PVC status')
  if (operation !== 'UPDATE') refuse(attributes, `unexpected operation "${operation}"`)
  const rest = ({ metadata, status, ...others }: Draft): Draft => ({
    ...others,
    metadata: { ...metadata, resourceVersion: undefined, managedFields: undefined },
    status: Object.fromEntries(Object.entries(status ?? {}).filter(([key]) => !growing.includes(key))),
  })
  const [now, before] = [rest(object), rest(previous as Draft)]
  const changed = Object.keys({ ...now, ...before }).filter((key) => !sameJson(now[key], before[key]))
  if (changed.length > 0)
    refuse(
      attributes,
      `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions: ${changed.join(', ')}`,
    )
}

/** A node asks for tokens of service accounts only for pods that run on it, and for who these pods want to talk to. */
async function tokenRequest(node: string, attributes: Attributes, parts: NodeRestrictionParts): Promise<void> {
  const { operation, subresource, object, namespace } = attributes
  if (operation !== 'CREATE' || subresource !== 'token') return
  const ref = object.spec?.boundObjectRef
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || (ref.name ?? '') === '')
    refuse(attributes, 'node requested token not bound to a pod')
  if ((ref.uid ?? '') === '') refuse(attributes, 'node requested token with a pod binding without a uid')
  const pod = await parts.registry().find<Pod>(pods, namespace, ref.name)
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, ref.name)
  if (ref.uid !== pod.metadata.uid)
    refuse(
      attributes,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  if (pod.spec?.nodeName !== node)
    refuse(attributes, 'node requested token bound to a pod scheduled on a different node')
  const audiences: readonly string[] = object.spec.audiences ?? []
  if (audiences.length > 1) refuse(attributes, 'node may only request 0 or 1 audiences')
  await checkAudience(audiences[0] ?? '', pod, attributes, parts)
}

async function checkAudience(
  audience: string,
  pod: Pod,
  attributes: Attributes,
  { registry, authorizer }: NodeRestrictionParts,
): Promise<void> {
  const shown = JSON.stringify(audience)
  const problems: string[] = []
  for (const volume of (pod.spec?.volumes ?? []) as readonly Draft[]) {
    const sources: readonly Draft[] = volume.projected?.sources ?? []
    if (
      sources.some(
        (one) => one.serviceAccountToken !== undefined && (one.serviceAccountToken.audience ?? '') === audience,
      )
    )
      return
    try {
      const driver = await driverOf(volume, pod, registry())
      if (driver === '') continue
      const { spec } = found(
        await registry().find<CSIDriver>(csiDrivers, undefined, driver),
        'csidriver.storage.k8s.io',
        driver,
      )
      if (spec.tokenRequests?.some((one) => one.audience === audience)) return
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  if (problems.length > 0) {
    const why = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`
    refuse(attributes, `error validating audience ${shown}: ${why}`)
  }
  const { identity, namespace, name } = attributes
  const { allowed } = await authorizer().decide(identity, {
    ...{ verb: 'request-serviceaccounts-token-audience', group: '', version: 'v1', resource: audience },
    ...{ subresource: '', namespace, name },
  })
  if (!allowed)
    refuse(
      attributes,
      `audience ${shown} not found in pod spec volume, ${identity.name} is not authorized to request tokens for this audience`,
    )
}

function found<T extends KubeObject>(object: T | undefined, kind: string, name: string): T {
  if (object === undefined) throw new StatusError(404, 'NotFound', `${kind} ${JSON.stringify(name)} not found`)
  return object
}

/** The CSI driver that stands behind a pod's volume; empty when none does. */
async function driverOf(volume: Draft, pod: Pod, registry: Registry): Promise<string> {
  if (volume.csi !== undefined) return volume.csi.driver
  const claimName =
    volume.ephemeral === undefined ? volume.persistentVolumeClaim?.claimName : `${pod.metadata.name}-${volume.name}`
  if (claimName === undefined) return migratedDriverOf(volume)
  const claim = found(
    await registry.find<PersistentVolumeClaim>(persistentVolumeClaims, pod.metadata.namespace, claimName),
    'persistentvolumeclaim',
    claimName,
  )
  const bound = claim.spec?.volumeName ?? ''
  const there = found(
    await registry.find<PersistentVolume>(persistentVolumes, undefined, bound),
    'persistentvolume',
    bound,
  )
  return there.spec?.csi?.driver ?? migratedDriverOf((there.spec ?? {}) as Draft)
}
