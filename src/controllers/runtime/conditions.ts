import { timestampOf } from '../../machinery/index.ts'

export interface AnyCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly lastUpdateTime?: string
  readonly reason?: string
  readonly message?: string
}

/** Conditions with this one set: its transition time moves only with its status, and others stay as they are. */
export function setCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  condition: Omit<C, 'lastTransitionTime'>,
  nowMs: number,
): readonly C[] {
  const all = conditions ?? []
  const known = all.find(({ type }) => type === condition.type)
  const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : timestampOf(nowMs)
  const next = { ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) } as unknown as C
  if (known === undefined) return [...all, next]
  return all.map((one) => (one === known ? next : one))
}

/** Conditions without those of this type. */
export function withoutCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): readonly C[] {
  return (conditions ?? []).filter((one) => one.type !== type)
}
