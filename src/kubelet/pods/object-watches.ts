import { type Client, createInformers } from '../../client/index.ts'
import type { Clock, Random } from '../../machinery/index.ts'
import { configMaps, type Pod, type ResourceDefinition, secrets } from '../../resources/index.ts'

export interface ObjectWatchParts {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  /** An object that is watched has changed: what was kept of it is old. */
  readonly onChange: (of: ResourceDefinition<any>, namespace: string, name: string) => void
}
/** Watches the objects that pods' volumes show, each one once, as long as a pod shows it. */
export interface ObjectWatches {
  /** Calls back when one of the pod's objects has changed, until disposed. */
  follow(pod: Pod, onChange: () => void): Disposable
}
interface Watched {
  readonly life: AbortController
  readonly followers: Set<() => void>
}

/** Kubernetes: a node may watch exactly the objects that its pods name, so that each has a watch of its own. */
export function createObjectWatches(parts: ObjectWatchParts, signal: AbortSignal): ObjectWatches {
  const watched = new Map<string, Watched>()

  function start(of: ResourceDefinition<any>, namespace: string, name: string): Watched {
    const life = new AbortController()
    const one: Watched = { life, followers: new Set() }
    const end = () => life.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    life.signal.addEventListener('abort', () => signal.removeEventListener('abort', end), { once: true })
    const filter = { namespace, fieldSelector: `metadata.name=${name}` }
    let isFirst = true
    const informer = createInformers(parts, life.signal).of(of, filter)
    void informer.synced(life.signal).then(
      () => {
        informer.subscribe((next, previous) => {
          // What is told on joining was there already.
          if (isFirst || next === previous) return
          parts.onChange(of, namespace, name)
          for (const changed of one.followers) changed()
        })
        isFirst = false
      },
      () => {},
    )
    return one
  }

  return {
    follow(pod, onChange) {
      const namespace = pod.metadata.namespace ?? ''
      const keys = objectsOf(pod).map(([of, name]) => {
        const key = `${of.plural}/${namespace}/${name}`
        const one = watched.get(key) ?? start(of, namespace, name)
        watched.set(key, one)
        one.followers.add(onChange)
        return key
      })
      return {
        [Symbol.dispose]() {
          for (const key of keys) {
            const one = watched.get(key)
            one?.followers.delete(onChange)
            if (one?.followers.size !== 0) continue
            watched.delete(key)
            one.life.abort()
          }
        },
      }
    },
  }
}

/** The ConfigMaps and Secrets in a pod's volumes, each once. */
export function objectsOf(pod: Pod): readonly (readonly [of: ResourceDefinition<any>, name: string])[] {
  const maps = new Set<string>()
  const hidden = new Set<string>()
  for (const { configMap, secret, projected } of pod.spec.volumes ?? []) {
    if (configMap?.name !== undefined) maps.add(configMap.name)
    if (secret?.secretName !== undefined) hidden.add(secret.secretName)
    for (const source of projected?.sources ?? []) {
      if (source.configMap?.name !== undefined) maps.add(source.configMap.name)
      if (source.secret?.name !== undefined) hidden.add(source.secret.name)
    }
  }
  return [
    ...[...maps].map((name) => [configMaps, name] as const),
    ...[...hidden].map((name) => [secrets, name] as const),
  ]
}
