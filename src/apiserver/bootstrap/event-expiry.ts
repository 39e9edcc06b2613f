import type { Clock } from '../../machinery/index.ts'
import { events } from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import { prefixOf, storageKey } from '../registry/encoding.ts'
import type { Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'

interface Due {
  /** Where the event is stored. */
  readonly key: string
  readonly revision: number
  readonly atMs: number
}
/** Events that go within this time go together. */
const sweepMs = 1000
const root = prefixOf(events)

/** Removes each event a while after it was last written: one timer for all, since all live equally long. */
export function expireEvents(registry: Registry, hub: WatchHub, clock: Clock, ttlMs: number): Disposable {
  const newest = new Map<string, number>()
  let due: Due[] = []
  let head = 0
  let timer: Disposable | undefined
  const arm = () => {
    if (timer !== undefined || head === due.length) return
    timer = clock.after(Math.max(0, due[head]!.atMs - clock.monotonic()) + sweepMs, () => {
      timer = undefined
      sweep()
    })
  }
  const sweep = () => {
    const now = clock.monotonic()
    for (; head < due.length && due[head]!.atMs <= now; head++) {
      const { key, revision } = due[head]!
      if (newest.get(key) !== revision) continue
      newest.delete(key)
      const [namespace = '', name = ''] = key.slice(root.length).split('/')
      void registry.delete(events, namespace, name, {}, loopbackContext()).catch(() => {})
    }
    // What is left is copied only when half is dead.
    if (head * 2 >= due.length) {
      due = due.slice(head)
      head = 0
    }
    arm()
  }
  const note = (key: string, revision: number) => {
    newest.set(key, revision)
    due.push({ key, revision, atMs: clock.monotonic() + ttlMs })
    arm()
  }
  void registry.all(events).then((existing) => {
    for (const { metadata } of existing)
      note(storageKey(events, metadata.namespace, metadata.name), Number(metadata.resourceVersion))
  })
  const subscription = hub.onChange(events, ({ type, entry }) => {
    if (type === 'put') note(entry.key, entry.modified)
    else newest.delete(entry.key)
  })
  return {
    [Symbol.dispose]() {
      subscription[Symbol.dispose]()
      timer?.[Symbol.dispose]()
    },
  }
}
