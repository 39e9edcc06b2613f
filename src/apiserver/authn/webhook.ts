import type { Clock } from '../../machinery/index.ts'
import type { Identity } from '../request.ts'
import { AnswerCache, askPatiently, type PostReview } from '../webhooks/post-review.ts'
import { TokenCache, type TokenCacheMeasures } from './token-cache.ts'
import type { AuthenticateToken } from './tokens.ts'

type Found = Awaited<ReturnType<AuthenticateToken>>

const keptMs = 2 * 60_000
const keptMax = 10_000

/** Whom a token stands for as a server outside says (TokenReview); its answers are kept for two minutes. */
export function webhookTokens(
  post: PostReview,
  clock: Clock,
  ownAudiences: readonly string[],
  measures: TokenCacheMeasures,
): AuthenticateToken {
  const answers = new AnswerCache<{ readonly found: Found }>(clock, keptMax)
  const known = new TokenCache<{ readonly found: Found }>(
    { get: (key) => answers.get(key), set: (key, answer) => answers.set(key, answer, keptMs) },
    measures,
  )
  return async (token, wanted = ownAudiences) => {
    const { found } = await known.get(JSON.stringify([token, wanted]), async () => {
      const spec = { token, audiences: wanted }
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec }
      const answer = await askPatiently(post, review, clock)
      return { found: foundIn(answer?.status ?? {}, wanted, ownAudiences) }
    })
    return found
  }
}

function foundIn(status: any, wanted: readonly string[], ownAudiences: readonly string[]): Found {
  if (status.authenticated !== true) return undefined
  const given: readonly string[] = (status.audiences ?? []).length > 0 ? status.audiences : ownAudiences
  const audiences = wanted.filter((one) => given.includes(one))
  if (audiences.length === 0) return undefined
  const { username = '', uid, groups = [], extra } = status.user ?? {}
  const everyone = 'system:authenticated'
  const identity: Identity = {
    name: username,
    groups: groups.includes(everyone) ? groups : [...groups, everyone],
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  }
  return { identity, audiences }
}
