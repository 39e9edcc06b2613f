import type { Clock, FieldQuery } from '../../machinery/index.ts'
import type { Identity } from '../request.ts'
import { AnswerCache, askPatiently, type PostReview } from '../webhooks/post-review.ts'
import type { AuthorizationQuery, Decision } from './rbac.ts'

/** Kubernetes: what was allowed is believed for five minutes, what was not for half a minute. */
const allowedKeptMs = 5 * 60_000
const refusedKeptMs = 30_000
const keptMax = 8192
/** Kubernetes: longer questions are not kept. */
const keptLengthMax = 10_000

/** Asks a server outside (SubjectAccessReview). A server that cannot be asked has no opinion. */
export function webhookAuthorizer(
  post: PostReview,
  clock: Clock,
): (identity: Identity, query: AuthorizationQuery) => Promise<Decision> {
  const known = new AnswerCache<Decision>(clock, keptMax)
  return async (identity, query) => {
    const spec = { ...subjectOf(identity), ...attributesOf(query) }
    const key = JSON.stringify(spec)
    const kept = known.get(key)
    if (kept !== undefined) return kept
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec }
    let status: any
    try {
      status = (await askPatiently(post, review, clock))?.status ?? {}
    } catch {
      return { allowed: false, reason: '' }
    }
    const decision = { allowed: status.allowed === true && status.denied !== true, reason: status.reason ?? '' }
    if (key.length <= keptLengthMax) known.set(key, decision, decision.allowed ? allowedKeptMs : refusedKeptMs)
    return decision
  }
}

function subjectOf({ name, uid, groups, extra }: Identity): object {
  return { user: name, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) }
}

function attributesOf(query: AuthorizationQuery): object {
  const { path, verb, fieldSelector = [], ...rest } = query
  if (path !== undefined) return { nonResourceAttributes: { path, verb } }
  const { namespace, group, version, resource, subresource, name } = rest
  const given = Object.entries({ namespace, verb, group, version, resource, subresource, name }).filter(
    ([, value]) => value !== undefined && value !== '',
  )
  const requirements = requirementsOf(fieldSelector)
  const selector = requirements.length === 0 ? {} : { fieldSelector: { requirements } }
  return { resourceAttributes: { ...Object.fromEntries(given), ...selector } }
}

const requirementsOf = (fields: FieldQuery) =>
  fields.map(({ field, operator, value }) => ({
    key: field,
    operator: operator === '=' ? 'In' : 'NotIn',
    values: [value],
  }))
