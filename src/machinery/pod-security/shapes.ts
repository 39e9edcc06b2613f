/** What the checks read of a container; the rest is let through unseen. */
export interface SecuredContainer {
  readonly name: string
  readonly securityContext?: any
  readonly ports?: readonly { readonly hostPort?: number }[]
  readonly livenessProbe?: any
  readonly readinessProbe?: any
  readonly startupProbe?: any
  readonly lifecycle?: any
}

/** What the checks read of a pod or of a pod template. */
export interface SecuredPod {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: {
    readonly containers?: readonly SecuredContainer[]
    readonly initContainers?: readonly SecuredContainer[]
    readonly ephemeralContainers?: readonly SecuredContainer[]
    readonly securityContext?: any
    readonly volumes?: readonly { readonly name: string; readonly [source: string]: unknown }[]
    readonly os?: { readonly name: string }
    readonly hostUsers?: boolean
    readonly hostNetwork?: boolean
    readonly hostPID?: boolean
    readonly hostIPC?: boolean
  }
}

/** Why a pod is not allowed, in a word, and what of it. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

/** One rule of a standard. */
export interface Check {
  readonly id: string
  /** What holds from which minor release on, oldest first. */
  readonly since: readonly (readonly [minor: number, find: (pod: SecuredPod) => Violation | undefined])[]
  /** A check of the baseline that this one says again, more strictly. */
  readonly instead?: string
}

/** All containers of a pod, in the order messages name them. */
export const containersOfPod = ({ spec }: SecuredPod): readonly SecuredContainer[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...(spec.ephemeralContainers ?? []),
]

/** The names of containers of which something is so. */
export const namesWhere = (pod: SecuredPod, isSo: (container: SecuredContainer) => boolean): readonly string[] =>
  containersOfPod(pod)
    .filter(isSo)
    .map(({ name }) => name)

/** `"a", "b"`. */
export const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')

/** The noun for so many of them. */
export const nounFor = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many)

/** `container "a"` or `containers "a", "b"`. */
export const containersText = (names: readonly string[]): string =>
  `${nounFor(names.length, 'container')} ${quoted(names)}`

/** Who set something: the pod, some of its containers, or both; empty when nobody did. */
export const settersText = (isOfPod: boolean, names: readonly string[]): string =>
  [...(isOfPod ? ['pod'] : []), ...(names.length === 0 ? [] : [containersText(names)])].join(' and ')

/** Each once, in order. */
export const sortedSet = (values: readonly string[]): readonly string[] => [...new Set(values)].sort()
