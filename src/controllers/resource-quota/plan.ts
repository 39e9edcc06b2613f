import {
  addUsage,
  type CountedResource,
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
  nowMs: number,
): ResourceQuota['status'] | undefined {
  const hard = quota.spec?.hard ?? {}
  const limited = new Set(Object.keys(hard))
  let used: Usage = maskUsage(usageOfList(quota.status?.used), limited)
  for (const { of, objects } of counted) {
    const names = namesAbout(of, limited)
    if (names.size === 0) continue
    let sum: Usage = new Map([...names].map((name) => [name, { nanos: 0n, format: 'DecimalSI' as const }]))
    for (const object of objects)
      if (inScope(of, object, quota)) sum = addUsage(sum, maskUsage(usageOf(of, object, nowMs), names))
    used = new Map([...used, ...sum])
  }
  const status = { hard, used: listOfUsage(used) }
  return sameJson(status, { hard: quota.status?.hard ?? {}, used: quota.status?.used ?? {} }) ? undefined : status
}
