import type { Client } from '../../client/index.ts'
import { isAlreadyExists, type KubeObject } from '../../machinery/index.ts'
import { clusterRoleBindings, clusterRoles, type ResourceDefinition } from '../../resources/index.ts'

const name = 'cluster-autoscaler'

/** Gives the autoscaler's service account the rights that its manifests give it elsewhere. */
export async function installAutoscalerRights(client: Client): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  await unlessThere(client, clusterRoles, {
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name },
    rules: [
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
      { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'update', 'patch', 'delete'] },
      { apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
      {
        apiGroups: ['resource.k8s.io'],
        resources: ['deviceclasses', 'resourceclaims', 'resourceslices'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['cluster-autoscaler-status'],
        verbs: ['update', 'patch', 'delete'],
      },
    ],
  })
  await unlessThere(client, clusterRoleBindings, {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'kube-system' }],
  })
}

async function unlessThere(client: Client, definition: ResourceDefinition<any>, object: object): Promise<void> {
  try {
    await client.create(definition, object as KubeObject)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}
