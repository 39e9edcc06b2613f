import type { Client } from '../client/index.ts'
import { isNotFound, type KubeObject, type ObjectName, sameJson, yamlText } from '../machinery/index.ts'
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  endpointSlices,
  type ResourceDefinition,
  roleBindings,
  roles,
  services,
} from '../resources/index.ts'

export interface ClusterDefaults {
  readonly client: Client
  readonly authority: string
  readonly server: string
  readonly dnsAddress: string
  /** Where the cluster's DNS server listens; undefined when it is left out. */
  readonly dnsListener: { readonly address: string; readonly port: number } | undefined
}

/** What an installer adds to every cluster: cluster-info for those who join, and the kube-dns Service. */
export async function installDefaults({
  client,
  authority,
  server,
  dnsAddress,
  dnsListener,
}: ClusterDefaults): Promise<void> {
  const info = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: '', cluster: { 'certificate-authority-data': Buffer.from(authority).toString('base64'), server } },
    ],
    contexts: null,
    'current-context': '',
    preferences: {},
    users: null,
  }
  await ensure(client, configMaps, {
    metadata: { name: 'cluster-info', namespace: 'kube-public' },
    data: { kubeconfig: yamlText(info) },
  })
  await ensure(client, roles, {
    metadata: { name: 'kubeadm:bootstrap-signer-clusterinfo', namespace: 'kube-public' },
    rules: [{ apiGroups: [''], resourceNames: ['cluster-info'], resources: ['configmaps'], verbs: ['get'] }],
  })
  await ensure(client, roleBindings, {
    metadata: { name: 'kubeadm:bootstrap-signer-clusterinfo', namespace: 'kube-public' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'kubeadm:bootstrap-signer-clusterinfo' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:anonymous' }],
  })
  // The cluster's DNS acts as the service account that CoreDNS has on other clusters.
  await ensure(client, clusterRoles, {
    metadata: { name: 'system:coredns' },
    rules: [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  })
  await ensure(client, clusterRoleBindings, {
    metadata: { name: 'system:coredns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
    subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace: 'kube-system' }],
  })
  // An agent's proxy comes as its node: on other clusters each node has kube-proxy's own token.
  await ensure(client, clusterRoleBindings, {
    metadata: { name: 'coxswain:node-proxier' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
  })
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' }
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP', targetPort: dnsListener?.port ?? 53 },
    { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: dnsListener?.port ?? 53 },
  ]
  // Without a selector: the DNS server runs in our own process, and its endpoints are written here.
  await ensure(client, services, {
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
    spec: { clusterIP: dnsAddress, ports },
  })
  if (dnsListener === undefined) return
  await ensure(
    client,
    endpointSlices,
    {
      metadata: {
        name: 'kube-dns-coxswain',
        namespace: 'kube-system',
        labels: { 'kubernetes.io/service-name': 'kube-dns', 'endpointslice.kubernetes.io/managed-by': 'coxswain' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [dnsListener.address], conditions: { ready: true, serving: true, terminating: false } }],
      ports: ports.map(({ name, protocol, targetPort }) => ({ name, protocol, port: targetPort })),
    },
    ['endpoints', 'ports'],
  )
}

/** Creates the object unless it exists; members named in `owned` are brought back to what they should be. */
async function ensure(
  client: Client,
  definition: ResourceDefinition<any>,
  object: any,
  owned: readonly string[] = [],
): Promise<void> {
  const apiVersion = definition.group === '' ? definition.version : `${definition.group}/${definition.version}`
  const name = object.metadata as ObjectName
  const existing = await client.get(definition, name).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
    return undefined
  })
  if (existing === undefined) {
    await client.create(definition, { apiVersion, kind: definition.kind, ...object })
    return
  }
  const current = existing as unknown as Record<string, unknown>
  if (owned.every((key) => sameJson(current[key], object[key]))) return
  await client.patch<KubeObject>(definition, name, {
    type: 'merge',
    body: Object.fromEntries(owned.map((key) => [key, object[key]])),
  })
}
