const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
})
const reading = ['get', 'list', 'watch']

/** What our own controllers, which Kubernetes does not have, may do. */
export const ownControllerRoles = [
  {
    account: 'vertical-pod-autoscaler',
    rules: [
      rule('autoscaling.k8s.io', ['verticalpodautoscalers'], [...reading, 'update']),
      rule('autoscaling.k8s.io', ['verticalpodautoscalers/status'], ['update']),
      rule('autoscaling.k8s.io', ['verticalpodautoscalercheckpoints'], [...reading, 'create', 'patch']),
      rule('apiextensions.k8s.io', ['customresourcedefinitions'], reading),
      rule('apps', ['deployments', 'replicasets', 'statefulsets', 'daemonsets'], reading),
      rule('batch', ['jobs', 'cronjobs'], reading),
      rule('', ['pods', 'limitranges', 'replicationcontrollers'], reading),
      rule('', ['pods/eviction'], ['create']),
      rule('', ['pods/resize'], ['patch']),
      rule('*', ['*/scale'], ['get']),
      rule('metrics.k8s.io', ['pods'], ['get', 'list']),
      rule('', ['events'], ['create', 'patch', 'update']),
    ],
  },
  {
    account: 'job-queue-controller',
    rules: [
      rule('batch', ['jobs'], [...reading, 'patch']),
      rule('batch', ['jobs/status'], ['patch']),
      rule('queue.coxswain.dev', ['jobqueues'], reading),
      rule('queue.coxswain.dev', ['jobqueues/status'], ['update']),
      rule('apiextensions.k8s.io', ['customresourcedefinitions'], [...reading, 'create']),
      rule('', ['events'], ['create', 'patch', 'update']),
    ],
  },
] as const
