import { type Clock, Metrics } from '../../../machinery/index.ts'
import { type FollowedFile, followFile, ReloadMetrics } from '../../structured/follow.ts'
import { aggregateText, ConfigurationError, decodeConfigured } from '../../structured/schema.ts'
import type { PostReview } from '../../webhooks/post-review.ts'
import type { NamedAuthorizer } from '../authorize.ts'
import { webhookAuthorizer } from '../webhook.ts'
import { conditionsHold } from './conditions.ts'
import { type CheckedAuthorizer, checkAuthorization, checkNames } from './validate.ts'

const conditionBuckets = [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25]

export interface AuthorizationParts {
  readonly clock: Clock
  readonly metrics?: Metrics
  readonly serverId: string
  /** What keeps a kubeconfig from being used, if anything does. */
  readonly fileProblem: (path: string) => string | undefined
  /** Posts reviews to the server that a kubeconfig names. Throws when it cannot be read. */
  readonly postTo: (kubeConfigFile: string, timeoutMs: number) => PostReview
  readonly complain: (error: unknown, about: string) => void
}

/** An authorizer of the server itself, by its type, or a webhook. */
export type ConfiguredAuthorizer = NamedAuthorizer | { readonly type: string; readonly name: string }

/** Who is asked about rights, in order. */
export interface Authorization {
  /** The same list until the file changes. */
  readonly authorizers: readonly ConfiguredAuthorizer[]
  /** Follows the file. Ends with the signal. */
  run(signal: AbortSignal): Promise<void>
}

/** Authorisation as a file configures it, also while it changes. Rejects with a ConfigurationError. */
export async function authorizationOfFile(file: FollowedFile, parts: AuthorizationParts): Promise<Authorization> {
  const text = await file.read()
  const metrics = parts.metrics ?? new Metrics()
  const conditions = conditionMetrics(metrics)
  const read = (content: string, before?: readonly CheckedAuthorizer[]) => {
    const decoded = decodeConfigured('AuthorizationConfiguration', content)
    const { errors, checked } = checkAuthorization(decoded, parts.fileProblem)
    if (errors.length > 0) throw new ConfigurationError(aggregateText(errors))
    checkNames(checked, before)
    return { checked, authorizers: checked.map((one) => authorizerOf(one, parts, metrics, conditions)) }
  }
  const initial = read(text)
  let now = initial.authorizers
  const reloads = new ReloadMetrics(metrics, 'authorization', parts.serverId, () => parts.clock.now())
  reloads.applied(text)
  return {
    get authorizers() {
      return now
    },
    run: (signal) =>
      followFile(
        {
          ...{ file, text, metrics: reloads },
          complain: (problem) => parts.complain(new Error(problem), 'reloading authorization config'),
          async apply(content) {
            try {
              now = read(content, initial.checked).authorizers
              return undefined
            } catch (error) {
              return { problem: (error as Error).message, final: true }
            }
          },
        },
        signal,
      ),
  }
}

function authorizerOf(
  { type, name, webhook }: CheckedAuthorizer,
  { clock, postTo, complain }: AuthorizationParts,
  metrics: Metrics,
  conditions: ReturnType<typeof conditionMetrics>,
): ConfiguredAuthorizer {
  if (webhook === undefined) return { type, name }
  const { kubeConfigFile, timeoutMs, conditions: given, ...rest } = webhook
  return webhookAuthorizer({
    ...{ name, clock, metrics, ...rest },
    post: postTo(kubeConfigFile, timeoutMs),
    complain: (error) => complain(error, `authorization webhook ${name}`),
    ...(given.length === 0
      ? {}
      : {
          concerns(spec) {
            const startedMs = clock.monotonic()
            const held = conditionsHold(given, spec)
            conditions.told(name, held, (clock.monotonic() - startedMs) / 1000)
            return held
          },
        }),
  })
}

function conditionMetrics(metrics: Metrics) {
  const prefix = 'apiserver_authorization_match_condition'
  const errors = metrics.counter(
    `${prefix}_evaluation_errors_total`,
    'Total number of errors when an authorization webhook encounters a match condition error split by authorizer type and name.',
  )
  const exclusions = metrics.counter(
    `${prefix}_exclusions_total`,
    'Total number of exclusions when an authorization webhook is skipped because match conditions exclude it.',
  )
  const seconds = metrics.histogram(
    `${prefix}_evaluation_seconds`,
    'Authorization match condition evaluation time in seconds, split by authorizer type and name.',
    conditionBuckets,
  )
  return {
    told(name: string, held: boolean | object, took: number) {
      const labels = { type: 'Webhook', name }
      seconds.observe(took, labels)
      if (held === false) exclusions.inc(labels)
      if (typeof held === 'object') errors.inc(labels)
    },
  }
}
