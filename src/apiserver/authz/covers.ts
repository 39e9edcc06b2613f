import type { PolicyRule } from './rbac.ts'

/** What of some rules is not covered by others, with the verbs of one resource together, as Kubernetes lists it. */
export function missingRules(held: readonly PolicyRule[], granted: readonly PolicyRule[]): readonly string[] {
  const missing = granted.flatMap(singleRules).filter((one) => !held.some((owned) => coversOne(owned, one)))
  const verbsOf = new Map<string, { readonly rule: PolicyRule; readonly verbs: string[] }>()
  const texts: string[] = []
  for (const rule of missing) {
    if (rule.nonResourceURLs !== undefined) {
      texts.push(ruleText(rule))
      continue
    }
    const id = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames])
    const known = verbsOf.get(id) ?? { rule, verbs: [] }
    verbsOf.set(id, known)
    known.verbs.push(...rule.verbs)
  }
  for (const { rule, verbs } of verbsOf.values()) texts.push(ruleText({ ...rule, verbs }))
  return [...new Set(texts)].sort()
}

/** A rule as many that each say one thing. */
function singleRules({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): PolicyRule[] {
  const names = (resourceNames ?? []).length === 0 ? [undefined] : resourceNames!
  const ofResources = (apiGroups ?? []).flatMap((group) =>
    (resources ?? []).flatMap((resource) =>
      verbs.flatMap((verb) =>
        names.map((name) => ({
          apiGroups: [group],
          resources: [resource],
          verbs: [verb],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
  )
  const ofPaths = (nonResourceURLs ?? []).flatMap((path) =>
    verbs.map((verb) => ({ nonResourceURLs: [path], verbs: [verb] })),
  )
  return [...ofResources, ...ofPaths]
}

/** Whether a rule allows all that a single one does. */
function coversOne(owned: PolicyRule, one: PolicyRule): boolean {
  const hasAll = (set: readonly string[] = [], wanted: readonly string[] = [], all = '*') =>
    set.includes(all) || wanted.every((each) => set.includes(each))
  if (!hasAll(owned.verbs, one.verbs) || !hasAll(owned.apiGroups, one.apiGroups)) return false
  const isResource = (wanted: string) => {
    const set = owned.resources ?? []
    const slash = wanted.indexOf('/')
    return set.includes('*') || set.includes(wanted) || (slash >= 0 && set.includes(`*${wanted.slice(slash)}`))
  }
  if (!(one.resources ?? []).every(isResource)) return false
  const isPath = (wanted: string) =>
    (owned.nonResourceURLs ?? []).some(
      (path) => path === wanted || (path.endsWith('*') && wanted.startsWith(path.replace(/\*+$/, ''))),
    )
  if (!(one.nonResourceURLs ?? []).every(isPath)) return false
  const names = owned.resourceNames ?? []
  return (
    names.length === 0 ||
    ((one.resourceNames ?? []).length > 0 && one.resourceNames!.every((name) => names.includes(name)))
  )
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ] as const
  const shown = parts.flatMap(([name, values]) =>
    values === undefined || values.length === 0 ? [] : [`${name}:${quotedList(values)}`],
  )
  return `{${shown.join(', ')}}`
}

/** A list as Go prints it. */
export const quotedList = (values: readonly string[]): string =>
  `[${values.map((one) => JSON.stringify(one)).join(' ')}]`
