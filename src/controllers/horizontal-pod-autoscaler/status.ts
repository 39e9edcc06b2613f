import { type LabelQuery, sameJson, timestampOf } from '../../machinery/index.ts'
import { type HorizontalPodAutoscaler, horizontalPodAutoscalers, type MetricStatus } from '../../resources/index.ts'
import type { Tools, Turn } from '../runtime/controller.ts'
import type { History } from './limits.ts'
import type { Conditions } from './plan.ts'

/** What is remembered of an autoscaler while the controller runs. */
export interface Memory {
  history: History
  /** The pods it speaks for, once its target has told. */
  selector: LabelQuery | undefined
}
/** What one turn has found and decided so far. */
export interface State {
  readonly turn: Turn
  readonly autoscaler: HorizontalPodAutoscaler
  readonly memory: Memory
  conditions: Conditions
  current: number
  metrics: readonly MetricStatus[] | undefined
}
/** A failure that ends a turn once it has been told in the status. */
export class TurnFailed extends Error {
  readonly bySpec: boolean

  constructor(message: string, bySpec = false) {
    super(message)
    this.bySpec = bySpec
  }
}

/** Writes the whole status, where anything of it has changed. */
export async function tellStatus(
  tools: Tools,
  { current, metrics, ...state }: State,
  desired: number,
  rescaled: boolean,
): Promise<void> {
  const { lastScaleTime } = state.autoscaler.status ?? {}
  const scaledAt = rescaled ? timestampOf(tools.clock.now()) : lastScaleTime
  await writeStatus(tools, state, {
    ...(current === 0 ? {} : { currentReplicas: current }),
    desiredReplicas: desired,
    ...(scaledAt === undefined ? {} : { lastScaleTime: scaledAt }),
    ...(metrics === undefined || metrics.length === 0 ? {} : { currentMetrics: metrics }),
  })
}

/** Writes a status with the conditions of the turn. */
export async function writeStatus(
  tools: Tools,
  { autoscaler, conditions, turn }: Pick<State, 'autoscaler' | 'conditions' | 'turn'>,
  rest: NonNullable<HorizontalPodAutoscaler['status']>,
): Promise<void> {
  const status = { ...rest, ...(conditions.length === 0 ? {} : { conditions }) }
  if (sameJson(status, autoscaler.status ?? {})) return
  try {
    await turn.client.update(horizontalPodAutoscalers, { ...autoscaler, status }, 'status')
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    tools.record(autoscaler, 'Warning', 'FailedUpdateStatus', message)
    throw new TurnFailed(`failed to update status for ${autoscaler.metadata.name}: ${message}`)
  }
}
