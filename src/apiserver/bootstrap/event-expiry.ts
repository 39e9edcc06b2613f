import type { Clock } from '../../machinery/index.ts'
import { events } from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import type { Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'

interface Due {
  readonly namespace: string
  readonly name: string
  readonly revision: number
  readonly atMs: number
}

/** Removes each event a while after it was last written: one timer for all, since all live equally long. */
export function expireEvents(registry: Registry, hub: WatchHub, clock: Clock, ttlMs: number): Disposable {
  const newest = new Map<string, number>()
  let due: Due[] = []
  let timer: Disposable | undefined
  const arm = () => {
    if (timer !== undefined || due.length === 0) return
    timer = clock.after(Math.max(0, due[0]!.atMs - clock.monotonic()), () => {
      timer = undefined
      sweep()
    })
  }
  const sweep = () => {
    const now = clock.monotonic()
    const until = due.findIndex(({ atMs }) => atMs > now)
    const expired = until < 0 ? due : due.slice(0, until)
    due = until < 0 ? [] : due.slice(until)
    for (const { namespace, name, revision } of expired) {
      const key = `${namespace}/${name}`
      if (newest.get(key) !== revision) continue
      newest.delete(key)
      void registry.delete(events, namespace, name, {}, loopbackContext()).catch(() => {})
    }
    arm()
  }
  const note = (namespace: string, name: string, revision: number) => {
    newest.set(`${namespace}/${name}`, revision)
    due.push({ namespace, name, revision, atMs: clock.monotonic() + ttlMs })
    arm()
  }
  void registry.all(events).then((existing) => {
    for (const { metadata } of existing) note(metadata.namespace ?? '', metadata.name, Number(metadata.resourceVersion))
  })
  const subscription = hub.onChange(events, ({ type, entry }) => {
    const [, namespace = '', name = ''] = /\/([^/]*)\/([^/]*)$/.exec(entry.key) ?? []
    if (type === 'put') note(namespace, name, entry.modified)
    else newest.delete(`${namespace}/${name}`)
  })
  return {
    [Symbol.dispose]() {
      subscription[Symbol.dispose]()
      timer?.[Symbol.dispose]()
    },
  }
}
