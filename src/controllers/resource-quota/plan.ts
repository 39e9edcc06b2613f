import {
  addUsage,
  type CountedResource,
  type DeviceResources,
  inScope,
  type KubeObject,
  listOfUsage,
  maskUsage,
  namesAbout,
  sameJson,
  type Usage,
  usageOf,
  usageOfList,
} from '../../machinery/index.ts'
import type { ResourceQuota } from '../../resources/index.ts'

/** The objects of one kind in a quota's namespace. */
export interface Counted {
  readonly of: CountedResource
  readonly objects: readonly KubeObject[]
}

/** The status a quota should have: its limits as its spec says, and what is really used of each. */
export function quotaStatus(
  quota: ResourceQuota,
  counted: readonly Counted[],
  { nowMs, devices }: { readonly nowMs: number; readonly devices: DeviceResources | undefined },
): ResourceQuota['status'] | undefined {
  const hard = quota.spec?.hard ?? {}
  const limited = new Set(Object.keys(hard))
  let counts: Usage = new Map()
  for (const { of, objects } of counted) {
    const names = namesAbout(of, limited, devices)
    if (names.size === 0) continue
    let sum: Usage = new Map([...names].map((name) => [name, { nanos: 0n, format: 'DecimalSI' as const }]))
    for (const object of objects)
      if (inScope(of, object, quota)) sum = addUsage(sum, maskUsage(usageOf(of, object, nowMs, devices), names))
    // Pods and claims may both be counted under a name.
    counts = addUsage(counts, sum)
  }
  const used = new Map([...maskUsage(usageOfList(quota.status?.used), limited), ...counts])
  const status = { hard, used: listOfUsage(used) }
  return sameJson(status, { hard: quota.status?.hard ?? {}, used: quota.status?.used ?? {} }) ? undefined : status
}
