import { sameJson } from '../../machinery/index.ts'
import type { Pod, PodCondition, PodStatus } from '../../resources/index.ts'
import { resizeTypes } from '../sync/conditions.ts'

/** Fields whose elements the API merges by key: what is gone must be deleted by name. */
const mergedByIp = ['podIPs', 'hostIPs'] as const

/**
 * The strategic patch that turns the status the API shows into the wanted one; undefined when nothing differs. Bound to
 * the pod's uid, so that a successor of the same name never gets it; others' conditions are not touched.
 */
export function statusPatch(pod: Pod, wanted: PodStatus): object | undefined {
  const before = pod.status as Readonly<Record<string, unknown>>
  const after = wanted as Readonly<Record<string, unknown>>
  const changes: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (sameJson(before[key], after[key])) continue
    if (key === 'conditions') changes[key] = changedConditions(pod.status.conditions ?? [], wanted.conditions ?? [])
    else changes[key] = after[key] ?? null
  }
  for (const key of mergedByIp) {
    if (changes[key] === undefined || changes[key] === null) continue
    const items = wanted[key] ?? []
    const gone = (pod.status[key] ?? []).filter(({ ip }) => !items.some((item) => item.ip === ip))
    changes[key] = [...gone.map(({ ip }) => ({ $patch: 'delete', ip })), ...items]
  }
  if (Array.isArray(changes['conditions']) && changes['conditions'].length === 0) delete changes['conditions']
  if (Object.keys(changes).length === 0) return undefined
  return { metadata: { uid: pod.metadata.uid }, status: changes }
}

function changedConditions(before: readonly PodCondition[], after: readonly PodCondition[]): readonly object[] {
  const over = before.filter(({ type }) => resizeTypes.includes(type) && !after.some((one) => one.type === type))
  const changed = after
    .filter(
      (condition) =>
        !sameJson(
          before.find(({ type }) => type === condition.type),
          condition,
        ),
    )
    .map((condition) => ({
      ...condition,
      // A merge keeps what is not named: say that the old words are gone.
      ...(condition.reason === undefined ? { reason: null } : {}),
      ...(condition.message === undefined ? { message: null } : {}),
    }))
  return [...over.map(({ type }) => ({ $patch: 'delete', type })), ...changed]
}
