const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
})
const reading = ['get', 'list', 'watch']

/** What our own controllers, which Kubernetes does not have, may do. */
export const ownControllerRoles = [
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
