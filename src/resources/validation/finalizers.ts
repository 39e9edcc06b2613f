import { type KubeObject, qualifiedNameErrors } from '../../machinery/index.ts'

const standard: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

/** What Kubernetes warns of when a finalizer is added whose name others might use, too. */
export function finalizerWarnings(object: KubeObject, previous: KubeObject | undefined): readonly string[] {
  const known = new Set(previous?.metadata.finalizers ?? [])
  const added = (object.metadata.finalizers ?? []).filter((name) => !known.has(name)).sort()
  return added.flatMap((name) => {
    const about = `metadata.finalizers: ${JSON.stringify(name)}: `
    const warnings = qualifiedNameErrors(name).map((why) => `${about}${why}`)
    if (name.includes('/') || standard.has(name)) return warnings
    const including = name.includes('.') ? ' including a path (/)' : ''
    const advice = `prefer a domain-qualified finalizer name${including} to avoid accidental conflicts with other finalizer writers`
    return [...warnings, `${about}${advice}`]
  })
}
