import type { Clock } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import type { RequestContext } from '../request.ts'
import type { WatchHub } from '../watch/hub.ts'

/** How long objects whose finalizers hold them are waited for before it is said. */
const patienceMs = 60_000

export interface InstanceParts {
  readonly registry: Registry
  readonly hub: WatchHub
  readonly clock: Clock
  readonly context: RequestContext
}

/** Deletes all objects of a kind and waits until they are gone; the answer is the Terminating condition that follows. */
export async function removeInstances(
  definition: ResourceDefinition<any>,
  { registry, hub, clock, context }: InstanceParts,
  signal: AbortSignal,
): Promise<{ readonly status: 'True' | 'False'; readonly reason: string; readonly message: string }> {
  let wake = () => {}
  using _changes = hub.onChange(definition, () => wake())
  try {
    const list = await registry.all(definition)
    for (const namespace of new Set(list.map(({ metadata }) => metadata.namespace)))
      await registry.deleteCollection(definition, namespace, {}, context)
  } catch (error) {
    const message = `could not issue all deletes: ${error instanceof Error ? error.message : String(error)}`
    return { status: 'True', reason: 'InstanceDeletionFailed', message }
  }
  const until = clock.monotonic() + patienceMs
  while (!signal.aborted && clock.monotonic() < until) {
    if (await registry.isEmpty(definition))
      return { status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' }
    const stop = new AbortController()
    wake = () => stop.abort()
    await clock.sleep(until - clock.monotonic(), AbortSignal.any([signal, stop.signal])).catch(() => {})
  }
  return {
    status: 'True',
    reason: 'InstanceDeletionCheck',
    message: 'could not confirm zero CustomResources remaining: timed out waiting for the condition',
  }
}
