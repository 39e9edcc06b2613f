/** Kinds (`group/plural`) that are stored while nothing acts on them: writes to them answer with a warning that says so. */
export const idleKinds: ReadonlySet<string> = new Set([
  'networking.k8s.io/ingresses',
  'networking.k8s.io/ingressclasses',
  'networking.k8s.io/networkpolicies',
  'storage.k8s.io/volumeattributesclasses',
])
