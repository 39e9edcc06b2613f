import type { Clock } from '../machinery/index.ts'
import type { KubeletMeasures } from './measures.ts'
import { type Runtime, RuntimeError, type RuntimeExtras } from './runtime/runtime.ts'

/** Kubernetes' name for each call, as its metrics have them. */
const operations: ReadonlyMap<PropertyKey, string> = new Map([
  ['version', 'version'],
  ['ready', 'status'],
  ['runSandbox', 'run_podsandbox'],
  ['stopSandbox', 'stop_podsandbox'],
  ['removeSandbox', 'remove_podsandbox'],
  ['sandbox', 'podsandbox_status'],
  ['createContainer', 'create_container'],
  ['startContainer', 'start_container'],
  ['stopContainer', 'stop_container'],
  ['removeContainer', 'remove_container'],
  ['updateResources', 'update_container'],
  ['reopenLog', 'reopen_container_log'],
  ['observe', 'list_containers'],
  ['execSync', 'exec_sync'],
  ['exec', 'exec'],
  ['attach', 'attach'],
  ['portForward', 'port_forward'],
  ['imageStatus', 'image_status'],
  ['pullImage', 'pull_image'],
  ['removeImage', 'remove_image'],
  ['listImages', 'list_images'],
  ['usage', 'list_container_stats'],
  ['imageFilesystem', 'image_fs_info'],
])

/** The same runtime, with what is asked of it counted and timed. */
export function measuredRuntime<R extends Runtime & Partial<RuntimeExtras>>(
  runtime: R,
  clock: Clock,
  measures: KubeletMeasures,
): R {
  const made = new Map<PropertyKey, unknown>()
  return new Proxy(runtime, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const known = made.get(name)
      if (known !== undefined) return known
      const operation = operations.get(name)
      const call = value.bind(target) as (...rest: unknown[]) => Promise<unknown>
      const wrapped =
        operation === undefined
          ? call
          : async (...rest: unknown[]) => {
              const startedMs = clock.monotonic()
              const handler = operation === 'run_podsandbox' ? handlerOf(rest[0]) : undefined
              try {
                const answer = await call(...rest)
                measures.operation(operation, (clock.monotonic() - startedMs) / 1000, true, handler)
                return answer
              } catch (error) {
                // A command that did not end in time is an answer, too.
                const isWell = error instanceof RuntimeError && error.reason === 'timeout'
                measures.operation(operation, (clock.monotonic() - startedMs) / 1000, isWell, handler)
                throw error
              }
            }
      made.set(name, wrapped)
      return wrapped
    },
  })
}

const handlerOf = (config: unknown): string =>
  (config as { readonly runtimeHandler?: string } | undefined)?.runtimeHandler ?? ''
