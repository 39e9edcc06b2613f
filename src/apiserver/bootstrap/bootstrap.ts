import {
  cloneJson,
  isAlreadyExists,
  type KubeObject,
  type StatusError,
  sameJson,
  timestampOf,
} from '../../machinery/index.ts'
import {
  type BootstrapBinding,
  type BootstrapRole,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  type Draft,
  endpointSlices,
  endpoints,
  type FeatureGates,
  namespaces,
  nodeMetrics,
  type PolicyRule,
  podMetrics,
  priorityClasses,
  type ResourceDefinition,
  rbacBootstrap,
  roleBindings,
  roles,
  type Subject,
  serviceAccounts,
  serviceCIDRs,
  services,
  storageClasses,
  wellKnown,
} from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import { keepBootstrapObjects } from '../flow-control/upkeep.ts'
import type { Registry } from '../registry/registry.ts'
import { builtInStorage } from './built-in-storage.ts'
import { ownControllerRoles } from './own-controllers.ts'

export interface BootstrapParts {
  readonly registry: Registry
  /** The ranges of services, one for each address family. */
  readonly serviceCidrs: readonly string[]
  /** Where pods and nodes reach this server. */
  readonly advertise: { readonly address: string; readonly port: number }
  /** The first address of the service range: the `kubernetes` Service. */
  readonly kubernetesServiceIp: string
  readonly clientCa: string
  /** Whom extension servers are to believe about who is calling, PEM. */
  readonly frontProxyCa: string | undefined
  readonly nowMs: number
  readonly gates: FeatureGates
}

/** What a role of a new cluster allows, with what features that are on add to it. */
export function rulesOf({ name, rules }: Pick<BootstrapRole, 'name' | 'rules'>, gates: FeatureGates) {
  const added = rbacBootstrap().gatedOffByDefault.flatMap(({ gate, adds }) =>
    gates.enabled(gate) ? (adds?.[name] ?? []) : [],
  )
  return added.length === 0 ? rules : [...rules, ...added]
}

/** Kubernetes: metrics-server brings this role, by which those who may look at pods may see what they use. */
const metricsReader = {
  metadata: {
    name: 'system:aggregated-metrics-reader',
    labels: {
      'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
      'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
      'rbac.authorization.k8s.io/aggregate-to-view': 'true',
    },
  },
  rules: [
    {
      verbs: ['get', 'list', 'watch'],
      apiGroups: [nodeMetrics.group],
      resources: [podMetrics.plural, nodeMetrics.plural],
    },
  ],
}

/** Makes sure that what every cluster has is there: namespaces, roles, priority classes, the `kubernetes` Service. */
export async function bootstrap(parts: BootstrapParts): Promise<void> {
  const { registry } = parts
  await Promise.all(
    wellKnown.namespaces.map(({ name }) => ensure(registry, namespaces, { metadata: { name }, spec: {}, status: {} })),
  )
  const bootstrapRoles = rbacBootstrap()
  const clusterRoleList = [...bootstrapRoles.clusterRoles, ...bootstrapRoles.controllerRoles]
  const clusterBindingList = [...bootstrapRoles.clusterRoleBindings, ...bootstrapRoles.controllerRoleBindings]
  const metaOf = ({
    name,
    namespace,
    labels,
    annotations,
  }: {
    name: string
    namespace?: string
    labels: object
    annotations: object
  }) => ({ name, ...(namespace === undefined ? {} : { namespace }), labels, annotations })
  const bindingOf = (binding: BootstrapBinding) => ({
    metadata: metaOf(binding),
    ...(binding.subjects.length === 0 ? {} : { subjects: binding.subjects }),
    roleRef: binding.roleRef,
  })
  await Promise.all([
    ...clusterRoleList.map((role) =>
      ensure(
        registry,
        clusterRoles,
        {
          metadata: metaOf(role),
          rules: rulesOf(role, parts.gates),
          ...(role.aggregationRule === undefined ? {} : { aggregationRule: role.aggregationRule }),
        },
        ['rules'],
      ),
    ),
    ensure(registry, clusterRoles, metricsReader, ['rules']),
    ...clusterBindingList.map((binding) => ensure(registry, clusterRoleBindings, bindingOf(binding), ['subjects'])),
    ...bootstrapRoles.roles.map((role) =>
      ensure(registry, roles, { metadata: metaOf(role), rules: role.rules }, ['rules']),
    ),
    ...bootstrapRoles.roleBindings.map((binding) => ensure(registry, roleBindings, bindingOf(binding), ['subjects'])),
    ...wellKnown.priorityClasses.map(({ name, value, globalDefault, preemptionPolicy }) =>
      ensure(registry, priorityClasses, {
        metadata: { name },
        value,
        ...(globalDefault ? { globalDefault } : {}),
        description: `Used for system critical pods that must ${name === 'system-node-critical' ? 'not be moved from their current node' : 'run in the cluster, but can be moved to another node if necessary'}.`,
        preemptionPolicy,
      }),
    ),
    // Unlike Kubernetes, where a controller makes them a moment later: pods can be made as soon as the API is ready.
    ...wellKnown.namespaces.map(({ name }) =>
      ensure(registry, serviceAccounts, { metadata: { name: 'default', namespace: name } }),
    ),
    ...gatedRoles(parts.gates).map((role) => roleAndBinding(registry, role)),
    localPathStorage(registry),
    ...ownControllerRoles.map(({ account, rules }) =>
      roleAndBinding(registry, { name: `${controllerPrefix}${account}`, rules }),
    ),
    keepBootstrapObjects(registry),
    serviceRange(parts).then(() => kubernetesService(parts)),
    // Kubernetes: since when the use of old token Secrets would have been noticed; controllers ask for it.
    ensure(registry, configMaps, {
      metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
      data: { since: timestampOf(parts.nowMs).slice(0, 10) },
    }),
    ensure(
      registry,
      configMaps,
      {
        metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
        data: {
          'client-ca-file': parts.clientCa,
          ...(parts.frontProxyCa === undefined ? {} : { 'requestheader-client-ca-file': parts.frontProxyCa }),
          'requestheader-allowed-names': '["front-proxy-client"]',
          'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
          'requestheader-group-headers': '["X-Remote-Group"]',
          'requestheader-uid-headers': '["X-Remote-Uid"]',
          'requestheader-username-headers': '["X-Remote-User"]',
        },
      },
      ['data'],
    ),
  ])
}

/** The roles that features bring which are on, each for a controller, or for whom `whoseRole` says. */
function gatedRoles(gates: FeatureGates): readonly Pick<BootstrapRole, 'name' | 'rules'>[] {
  return rbacBootstrap().gatedOffByDefault.flatMap(({ gate, roles = [] }) => (gates.enabled(gate) ? roles : []))
}

const controllerPrefix = 'system:controller:'
/** Whom a role is bound to that is no controller's. */
const whoseRole: Readonly<Record<string, Subject>> = {
  'system:cluster-trust-bundle-discovery': {
    ...{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:serviceaccounts' },
  },
}

/** A rule with its members in the order of its type. */
const inOrder = ({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): PolicyRule => ({
  verbs,
  ...(apiGroups === undefined ? {} : { apiGroups }),
  ...(resources === undefined ? {} : { resources }),
  ...(resourceNames === undefined ? {} : { resourceNames }),
  ...(nonResourceURLs === undefined ? {} : { nonResourceURLs }),
})

/** A role and its binding, which goes to the service account that a controller's role is named after. */
async function roleAndBinding(registry: Registry, { name, rules }: Pick<BootstrapRole, 'name' | 'rules'>) {
  const metadata = {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  }
  const account = { kind: 'ServiceAccount', name: name.slice(controllerPrefix.length), namespace: 'kube-system' }
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }
  const subjects = [whoseRole[name] ?? account]
  await Promise.all([
    ensure(registry, clusterRoles, { metadata, rules: rules.map(inOrder) }, ['rules']),
    ensure(registry, clusterRoleBindings, { metadata, subjects, roleRef }, ['subjects']),
  ])
}

/** Unlike Kubernetes: a class for claims that name none, and the role of the provisioner behind it. */
async function localPathStorage(registry: Registry): Promise<void> {
  const { localPath } = builtInStorage
  await Promise.all([
    ensure(registry, storageClasses, localPath.storageClass),
    roleAndBinding(registry, { name: `${controllerPrefix}${localPath.account}`, rules: localPath.rules }),
  ])
}

/** default/kubernetes with its Endpoints and EndpointSlice, which point at this server. */
async function kubernetesService({ registry, advertise, kubernetesServiceIp }: BootstrapParts): Promise<void> {
  const meta = { name: 'kubernetes', namespace: 'default' }
  await Promise.all([
    ensure(registry, services, {
      metadata: { ...meta, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        clusterIP: kubernetesServiceIp,
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: advertise.port }],
      },
    }),
    ensure(
      registry,
      endpoints,
      {
        metadata: { ...meta, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
        subsets: [
          {
            addresses: [{ ip: advertise.address }],
            ports: [{ name: 'https', port: advertise.port, protocol: 'TCP' }],
          },
        ],
      },
      ['subsets'],
    ),
    ensure(
      registry,
      endpointSlices,
      {
        metadata: { ...meta, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        addressType: advertise.address.includes(':') ? 'IPv6' : 'IPv4',
        endpoints: [{ addresses: [advertise.address], conditions: { ready: true } }],
        ports: [{ name: 'https', protocol: 'TCP', port: advertise.port }],
      },
      ['endpoints', 'ports'],
    ),
  ])
}

/** Kubernetes: the default ServiceCIDR says what the server was started with, and is ready unless somebody said otherwise. */
async function serviceRange({ registry, serviceCidrs, nowMs }: BootstrapParts): Promise<void> {
  const name = 'kubernetes'
  const wanted = { metadata: { name }, spec: { cidrs: serviceCidrs } }
  const condition = {
    type: 'Ready',
    status: 'True',
    lastTransitionTime: timestampOf(nowMs),
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
  }
  const range = await registry.find(serviceCIDRs, undefined, name)
  if (range === undefined)
    return registry.seed(serviceCIDRs, wanted as unknown as Draft, loopbackContext(), {
      value: { conditions: [condition] },
      isOwned: true,
    })
  if (range.metadata.deletionTimestamp !== undefined) return
  const own = range.spec?.cidrs ?? []
  // A second address family may be added; any other change of the ranges is for somebody to decide.
  if (own.length === 1 && serviceCidrs.length === 2 && own[0] === serviceCidrs[0])
    await ensure(registry, serviceCIDRs, wanted, ['spec'])
  else if (!sameJson(own, serviceCidrs)) return
  if (range.status?.conditions?.some(({ type }) => type === 'Ready') === true) return
  await registry.update(
    serviceCIDRs,
    undefined,
    name,
    {
      retry: true,
      subresource: 'status',
      next: (live) => ({ ...cloneJson(live), status: { conditions: [condition] } }),
    },
    loopbackContext(),
  )
}

/** Kinds whose objects here are in the order of their kind, and nobody need be asked about them. */
const seeded: ReadonlySet<ResourceDefinition<any>> = new Set<ResourceDefinition<any>>([
  ...[clusterRoles, clusterRoleBindings, roles, roleBindings],
  ...[namespaces, serviceAccounts, priorityClasses, configMaps, storageClasses, endpoints, endpointSlices],
])

/** Creates the object unless it exists; members named in `owned` are brought back to what they should be. */
async function ensure(
  registry: Registry,
  definition: ResourceDefinition<any>,
  object: any,
  owned: readonly string[] = [],
): Promise<void> {
  const { name, namespace } = object.metadata
  const existing = await registry.find<KubeObject>(definition, namespace, name)
  if (existing === undefined) {
    if (seeded.has(definition) && object.aggregationRule === undefined)
      return registry.seed(definition, object, loopbackContext())
    await registry.create(definition, namespace, object, loopbackContext()).catch((error: StatusError) => {
      if (!isAlreadyExists(error)) throw error
    })
    return
  }
  const current = existing as unknown as Record<string, unknown>
  if (existing.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false') return
  if (object.aggregationRule !== undefined) return
  if (owned.every((key) => sameJson(current[key], object[key]))) return
  await registry.update(
    definition,
    namespace,
    name,
    {
      retry: true,
      next: (live) => ({ ...cloneJson(live), ...Object.fromEntries(owned.map((key) => [key, object[key]])) }),
    },
    loopbackContext(),
  )
}
