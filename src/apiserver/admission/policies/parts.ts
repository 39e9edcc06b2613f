import type { AuthorizerCheck, AuthorizerDecision } from '../../../machinery/cel/index.ts'
import type { Identity } from '../../request.ts'
import type { MatchParts } from '../matching/matching.ts'
import type { PolicyMeasures } from './measures.ts'
import type { Params } from './params.ts'
import type { MutatingBinding, MutatingPolicy, PolicyList, ValidatingBinding, ValidatingPolicy } from './policy-list.ts'

/** Asks what somebody may do. */
export type AskAuthorizer = (check: AuthorizerCheck) => Promise<AuthorizerDecision>

/** What admission policies need of the server. */
export interface PolicyParts extends MatchParts {
  readonly validating: PolicyList<ValidatingPolicy, ValidatingBinding>
  readonly mutating: PolicyList<MutatingPolicy, MutatingBinding>
  readonly params: Params
  readonly measures: PolicyMeasures
  /** The authorizer as the expressions of a request ask it. */
  readonly authorizerFor: (identity: Identity) => AskAuthorizer
}
