/** Checks the expressions of policies against the types of what they are about. Loaded with the first policy. */
import { type CelSchema, type DeclType, declTypeOf, dynType, structsOf } from '../../../machinery/cel/index.ts'
import type { ParamKind, ResourceDefinition } from '../../../resources/index.ts'
import { apiVersionOf } from '../../registry/encoding.ts'
import type { ValidatingPolicy } from './policy-list.ts'
import { PolicyScope } from './scope.ts'

/** One expression, and what is to be said about it. */
export interface ExpressionWarning {
  readonly fieldRef: string
  readonly warning: string
}
/** The schemas of all kinds that are served. */
export interface Schemas {
  readonly resources: readonly ResourceDefinition<any>[]
  schemaOf(definition: ResourceDefinition<any>): CelSchema | undefined
}

const typesPerRuleMax = 10
const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** What is doubtful about a policy's expressions, kind by kind; it changes nothing about how they are evaluated. */
export function expressionWarnings(policy: ValidatingPolicy, schemas: Schemas): readonly ExpressionWarning[] {
  const { validations = [], variables = [], paramKind } = policy.spec ?? {}
  const params = paramKind === undefined ? undefined : declOf(definitionOf(paramKind, schemas), schemas)
  const scopes = typesToCheck(policy, schemas).map((definition) => {
    const object = declOf(definition, schemas)
    const scope = new PolicyScope({
      params: paramKind !== undefined,
      composes: true,
      types: {
        object: object?.type ?? dynType,
        params: params?.type ?? dynType,
        structs: structsOf([object, params].filter((decl) => decl !== undefined)),
      },
    })
    for (const { name, expression } of variables) scope.addVariable(name, expression)
    return { scope, name: `${definition.group}/${definition.version}, Kind=${definition.kind}` }
  })
  const about = (fieldRef: string, source: string): readonly ExpressionWarning[] => {
    const found = scopes.flatMap(({ scope, name }) => {
      const issues = scope.issuesOf(source)
      return issues === undefined ? [] : [`${name}: ${issues}\n`]
    })
    return found.length === 0 ? [] : [{ fieldRef, warning: found.join('\n') }]
  }
  return validations.flatMap(({ expression, messageExpression = '' }, index) => [
    ...about(`spec.validations[${index}].expression`, expression),
    ...(messageExpression === '' ? [] : about(`spec.validations[${index}].messageExpression`, messageExpression)),
  ])
}

function definitionOf({ apiVersion, kind }: ParamKind, { resources }: Schemas): ResourceDefinition<any> | undefined {
  return resources.find((one) => apiVersionOf(one) === apiVersion && one.kind === kind)
}

function declOf(definition: ResourceDefinition<any> | undefined, schemas: Schemas): DeclType | undefined {
  const schema = definition === undefined ? undefined : schemas.schemaOf(definition)
  return schema === undefined ? undefined : declTypeOf(schema, definition!.kind, { resourceRoot: true })
}

/** The kinds that rules name outright. Kubernetes: a rule of a thousand kinds is looked at for ten of them. */
function typesToCheck(policy: ValidatingPolicy, { resources }: Schemas): readonly ResourceDefinition<any>[] {
  const found = new Set<ResourceDefinition<any>>()
  for (const rule of policy.spec?.matchConstraints?.resourceRules ?? []) {
    const { apiGroups: groups = [], apiVersions: versions = [] } = rule
    if ([...groups, ...versions].some((one) => one.includes('*'))) continue
    const names = (rule.resources ?? []).filter((one) => !/[*/]/.test(one)).sort()
    const wanted = groups
      .toSorted()
      .flatMap((group) =>
        versions.toSorted().flatMap((version) => names.flatMap((name) => kindsOf(group, version, name, resources))),
      )
    for (const one of wanted.slice(0, typesPerRuleMax)) found.add(one)
    if (wanted.length >= typesPerRuleMax) break
  }
  return [...found].sort(
    (a, b) => compareTexts(a.group, b.group) || compareTexts(a.version, b.version) || compareTexts(a.kind, b.kind),
  )
}

/** Kubernetes: a resource of the group without a name is looked for in every group. */
function kindsOf(
  group: string,
  version: string,
  plural: string,
  resources: readonly ResourceDefinition<any>[],
): readonly ResourceDefinition<any>[] {
  return resources.filter(
    (one) => one.plural === plural && one.version === version && (group === '' || one.group === group),
  )
}
