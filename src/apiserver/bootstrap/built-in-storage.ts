const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
  verbs,
  apiGroups: [apiGroup],
  resources,
})
const reading = ['get', 'list', 'watch']

/** What every new cluster has so that claims get volumes: directories on the node of the pod that comes first. */
export const builtInStorage = {
  localPath: {
    account: 'local-path-provisioner',
    storageClass: {
      metadata: {
        name: 'standard',
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
      },
      provisioner: 'coxswain.dev/local-path',
      reclaimPolicy: 'Delete',
      allowVolumeExpansion: true,
      volumeBindingMode: 'WaitForFirstConsumer',
    },
    rules: [
      rule('', ['persistentvolumes'], [...reading, 'create', 'update', 'patch', 'delete']),
      rule('', ['persistentvolumeclaims', 'persistentvolumeclaims/status'], [...reading, 'update', 'patch']),
      rule('', ['nodes'], reading),
      rule('storage.k8s.io', ['storageclasses'], reading),
      rule('', ['events'], ['create', 'patch', 'update']),
    ],
  },
} as const
