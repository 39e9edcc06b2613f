import type {
  ContainerStatus,
  PodFailurePolicyOnExitCodesRequirement as ExitCodes,
  Job,
  Pod,
  PodFailurePolicyRule as Rule,
} from '../../resources/index.ts'
import { parseIndexes } from './indexes.ts'

/** What a Job's policy makes of a failed pod. */
export interface FailureMatch {
  /** Of the first rule that matches; undefined when none does. */
  readonly action: Rule['action'] | undefined
  /** Why the Job must fail; empty unless it must. */
  readonly message: string
}

/** The first rule of the Job's pod failure policy that a failed pod matches. */
export function matchFailurePolicy({ spec }: Job, pod: Pod): FailureMatch {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const { action, onExitCodes, onPodConditions = [] } = rule
    const where = `${pod.metadata.namespace}/${pod.metadata.name}`
    if (onExitCodes !== undefined) {
      const { containerStatuses = [], initContainerStatuses = [] } = pod.status
      const found = [...containerStatuses, ...initContainerStatuses].find((one) => exitMatches(one, onExitCodes))
      if (found === undefined) continue
      const code = found.state?.terminated?.exitCode
      const message = `Container ${found.name} for pod ${where} failed with exit code ${code} matching ${action} rule at index ${index}`
      return { action, message: action === 'FailJob' ? message : '' }
    }
    const condition = pod.status.conditions?.find(({ type, status }) =>
      onPodConditions.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
    )
    if (condition === undefined) continue
    const message = `Pod ${where} has condition ${condition.type} matching ${action} rule at index ${index}`
    return { action, message: action === 'FailJob' ? message : '' }
  }
  return { action: undefined, message: '' }
}

function exitMatches({ name, state }: ContainerStatus, { containerName, operator, values }: ExitCodes): boolean {
  const code = state?.terminated?.exitCode
  if (code === undefined || code === 0) return false
  if (containerName !== undefined && containerName !== name) return false
  return values.includes(code) === (operator === 'In')
}

/** What the Job's success policy says to the indexes that are done; undefined when they are not enough yet. */
export function matchSuccessPolicy({ spec }: Job, completed: ReadonlySet<number>): string | undefined {
  if (completed.size === 0) return undefined
  for (const [index, { succeededIndexes, succeededCount }] of (spec.successPolicy?.rules ?? []).entries()) {
    const message = `Matched rules at index ${index}`
    if (succeededIndexes === undefined) {
      if (succeededCount !== undefined && completed.size >= succeededCount) return message
      continue
    }
    const required = parseIndexes(succeededIndexes, spec.completions ?? 0)
    if (required.size === 0) continue
    const done = [...required].filter((one) => completed.has(one)).length
    if (done === required.size || (succeededCount !== undefined && done >= succeededCount)) return message
  }
  return undefined
}
