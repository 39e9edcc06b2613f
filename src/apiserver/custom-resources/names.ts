import type { CustomResourceDefinition } from '../../resources/index.ts'

type Names = CustomResourceDefinition['spec']['names']
export type Condition = NonNullable<CustomResourceDefinition['status']['conditions']>[number]

/** A condition before it is known since when it holds. */
export type NewCondition = Pick<Condition, 'type' | 'status'> & { readonly reason: string; readonly message: string }

/** The finalizer that keeps a declaration until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

export const isTrue = (of: CustomResourceDefinition, type: string): boolean =>
  of.status?.conditions?.some((one) => one.type === type && one.status === 'True') === true

/** Conditions with some of them set anew; a state that has not changed keeps the time since which it holds. */
export function withConditions(
  conditions: readonly Condition[] | null | undefined,
  fresh: readonly NewCondition[],
  now: string,
): readonly Condition[] {
  const next = [...(conditions ?? [])]
  for (const one of fresh) {
    const at = next.findIndex(({ type }) => type === one.type)
    const before = next[at]
    const lastTransitionTime = before?.status === one.status ? (before.lastTransitionTime ?? now) : now
    const condition: Condition = { ...one, lastTransitionTime }
    if (at < 0) next.push(condition)
    else next[at] = condition
  }
  return next
}

/**
 * Which of the names asked for a declaration gets, and the conditions that follow. Kubernetes: within a group the first come
 * keeps a name; what is refused stays as it was, and is asked for again when somebody lets go of it.
 */
export function planNames(
  declared: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): { readonly acceptedNames: Names; readonly conditions: readonly NewCondition[] } {
  const asked = declared.spec.names
  const has = declared.status?.acceptedNames ?? { plural: '', kind: '' }
  const inGroup = others.filter((one) => one.spec.group === declared.spec.group)
  const taken = inGroup.flatMap((one) => one.status?.acceptedNames ?? [])
  const resources = new Set(
    taken.flatMap(({ plural, singular = '', shortNames }) => [plural, singular, ...(shortNames ?? [])]),
  )
  const kinds = new Set(taken.flatMap(({ kind, listKind = '' }) => [kind, listKind]))
  const accepted: Record<string, unknown> = { ...has }
  let conflict: NewCondition | undefined
  const refuse = (reason: string, names: readonly string[]) => {
    const texts = names.map((name) => `${JSON.stringify(name)} is already in use`)
    const message = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
    conflict = { type: 'NamesAccepted', status: 'False', reason, message }
  }
  const claim = (member: 'plural' | 'singular' | 'kind' | 'listKind', reason: string, used: ReadonlySet<string>) => {
    const name = asked[member] ?? ''
    if (name !== (has[member] ?? '') && used.has(name)) refuse(reason, [name])
    else accepted[member] = asked[member]
  }
  claim('plural', 'PluralConflict', resources)
  claim('singular', 'SingularConflict', resources)
  const own = new Set(has.shortNames ?? [])
  const refused = (asked.shortNames ?? []).filter((name) => !own.has(name) && resources.has(name))
  if (refused.length > 0) refuse('ShortNamesConflict', refused)
  else accepted.shortNames = asked.shortNames
  claim('kind', 'KindConflict', kinds)
  claim('listKind', 'ListKindConflict', kinds)
  accepted.categories = asked.categories
  for (const key of Object.keys(accepted)) if (accepted[key] === undefined) delete accepted[key]
  const names: NewCondition = conflict ?? {
    type: 'NamesAccepted',
    status: 'True',
    reason: 'NoConflicts',
    message: 'no conflicts found',
  }
  return { acceptedNames: accepted as unknown as Names, conditions: [names, ...establishment(declared, names)] }
}

/** Once established, a declaration stays so whatever becomes of its names. */
function establishment(declared: CustomResourceDefinition, names: NewCondition): readonly NewCondition[] {
  if (isTrue(declared, 'Established')) return []
  return names.status === 'True'
    ? [
        {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
      ]
    : [{ type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }]
}
