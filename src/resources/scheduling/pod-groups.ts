/** What keeps a group of pods from going before its pods have. */
export const podGroupFinalizer = 'scheduling.k8s.io/podgroup-protection'
