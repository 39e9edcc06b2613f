import { badRequest, JsonSyntaxError, parseJsonStrict, StatusError } from '../../machinery/index.ts'
import type { Revision } from '../../store/index.ts'

/** Where a paged list goes on: behind `start` (relative to the range), at `revision`, or at any when it is -1. */
export interface ContinueToken {
  readonly revision: Revision | -1
  readonly start: string
  /** When the first page was read; undefined where it is of no concern. */
  readonly sinceMs?: number
}

/** Kubernetes: what a list began to read is compacted five minutes later; ours keeps history longer, but no list waits for it. */
const continueMsMax = 5 * 60_000

/** Whether the pages before are too old to be gone on from at their revision. */
export function hasExpired({ revision, sinceMs }: ContinueToken, nowMs: number): boolean {
  return revision !== -1 && sinceMs !== undefined && nowMs - sinceMs >= continueMsMax
}

const version = 'meta.k8s.io/v1'

export function encodeContinue({ revision, start, sinceMs }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start, since: sinceMs })).toString('base64url')
}

/** 400 when the text is no token of ours. */
export function decodeContinue(text: string): ContinueToken {
  const { v, rv, start, since } = tokenIn(text)
  if (v === version && typeof rv === 'number' && Number.isInteger(rv) && typeof start === 'string' && start !== '')
    return { revision: rv, start, ...(typeof since === 'number' ? { sinceMs: since } : {}) }
  throw notValid(`server does not recognize this encoded version ${JSON.stringify(v ?? '')}`)
}

function tokenIn(text: string): Record<string, unknown> {
  const strange = text.search(/[^A-Za-z0-9_-]/)
  if (strange >= 0) throw notValid(`illegal base64 data at input byte ${strange}`)
  try {
    return parseJsonStrict(Buffer.from(text, 'base64url')).value ?? {}
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw notValid(error.message)
    throw error
  }
}

const notValid = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`)

/** Kubernetes: an expired token answers 410 with a new one that goes on without the old consistency. */
export function expiredContinue(start: string): StatusError {
  const error = new StatusError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
  )
  return StatusError.from({ ...error.status, metadata: { continue: encodeContinue({ revision: -1, start }) } })
}
