/** The authorizer: asking inside an expression what a user may do. */
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../names/names.ts'
import type { AuthorizerCheck, AuthorizerDecision, FunctionDeclaration } from '../check/declarations.ts'
import { member } from '../library/declare.ts'
import { boolType, type CelType, stringType, structType } from '../types/type.ts'
import { CelError, noSuchOverload, ObjectValue, type Value } from '../values/value.ts'

export const authorizerType = structType('kubernetes.authorization.Authorizer')
const pathCheckType = structType('kubernetes.authorization.PathCheck')
const groupCheckType = structType('kubernetes.authorization.GroupCheck')
export const resourceCheckType = structType('kubernetes.authorization.ResourceCheck')
const decisionType = structType('kubernetes.authorization.Decision')

type Question = Omit<AuthorizerCheck, 'verb'>

/** A question to the authorizer, more or less complete. */
class QuestionValue extends ObjectValue {
  readonly type: CelType
  readonly question: Question
  constructor(type: CelType, question: Question) {
    super()
    this.type = type
    this.question = question
  }

  equals(): CelError {
    return noSuchOverload
  }
}

class DecisionValue extends ObjectValue {
  readonly type = decisionType
  readonly decision: AuthorizerDecision
  constructor(decision: AuthorizerDecision) {
    super()
    this.decision = decision
  }

  equals(): CelError {
    return noSuchOverload
  }
}

/** The variable `authorizer`: the user of the request. */
export const authorizerValue: Value = new QuestionValue(authorizerType, {})

/** The variable `authorizer.requestResource`: what the request is about. */
export function requestResourceValue(question: Question): Value {
  return new QuestionValue(resourceCheckType, question)
}

const asked = (value: Value | undefined) => (value as QuestionValue).question

const narrowing = (
  name: string,
  id: string,
  from: CelType,
  to: CelType,
  { part, required = false }: { readonly part: keyof Question; readonly required?: boolean },
): FunctionDeclaration => ({
  name,
  overloads: [
    member(id, [from, stringType], to, ([question, text]) => {
      if (required && (text as string).trim() === '') return new CelError(`${name} must not be empty`)
      return new QuestionValue(to, { ...asked(question), [part]: text })
    }),
  ],
})

const answer = (name: string, result: CelType, read: (decision: AuthorizerDecision) => Value): FunctionDeclaration => ({
  name,
  overloads: [
    member(`decision_${name}`, [decisionType], result, ([decision]) => read((decision as DecisionValue).decision)),
  ],
})

const checkOverload = (id: string, type: CelType) =>
  member(id, [type, stringType], decisionType, ([question, verb], { authorize }) => {
    if (authorize === undefined) return new CelError('no authorizer')
    return new DecisionValue(authorize({ ...asked(question), verb: verb as string }))
  })

/** The functions of the authorizer. */
export const authorizerFunctions: readonly FunctionDeclaration[] = [
  narrowing('path', 'authorizer_path', authorizerType, pathCheckType, { part: 'path', required: true }),
  narrowing('group', 'authorizer_group', authorizerType, groupCheckType, { part: 'group' }),
  {
    name: 'serviceAccount',
    overloads: [
      member(
        'authorizer_serviceaccount',
        [authorizerType, stringType, stringType],
        authorizerType,
        ([question, namespace, name]) => {
          if (dns1123SubdomainErrors(name as string).length > 0) return new CelError('Invalid service account name')
          if (dns1123LabelErrors(namespace as string).length > 0)
            return new CelError('Invalid service account namespace')
          const serviceAccount = { namespace: namespace as string, name: name as string }
          return new QuestionValue(authorizerType, { ...asked(question), serviceAccount })
        },
      ),
    ],
  },
  narrowing('resource', 'groupcheck_resource', groupCheckType, resourceCheckType, { part: 'resource', required: true }),
  narrowing('subresource', 'resourcecheck_subresource', resourceCheckType, resourceCheckType, { part: 'subresource' }),
  narrowing('namespace', 'resourcecheck_namespace', resourceCheckType, resourceCheckType, { part: 'namespace' }),
  narrowing('name', 'resourcecheck_name', resourceCheckType, resourceCheckType, { part: 'name' }),
  narrowing('fieldSelector', 'authorizer_fieldselector', resourceCheckType, resourceCheckType, {
    part: 'fieldSelector',
  }),
  narrowing('labelSelector', 'authorizer_labelselector', resourceCheckType, resourceCheckType, {
    part: 'labelSelector',
  }),
  {
    name: 'check',
    overloads: [
      checkOverload('pathcheck_check', pathCheckType),
      checkOverload('resourcecheck_check', resourceCheckType),
    ],
  },
  answer('errored', boolType, ({ error }) => error !== undefined),
  answer('error', stringType, ({ error }) => error ?? ''),
  answer('allowed', boolType, ({ allowed }) => allowed),
  answer('reason', stringType, ({ reason }) => reason),
]
