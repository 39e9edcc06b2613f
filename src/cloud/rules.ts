import { CloudError } from './errors.ts'
import type { Role, Rule } from './state.ts'

/**
 * Throws the refusal unless the role's rules let the action be done: a rule that denies it comes first, then one must
 * allow it. The refusal names the rule that stood in the way.
 */
export function authorise(role: Role | undefined, roleName: string, action: string, resource: string): void {
  const refuse = (why: string, rule = ''): never => {
    const who = roleName === '' ? 'an instance without a role' : `role ${roleName}`
    throw new CloudError(403, 'Forbidden.RAM', `${who} may not ${action} on ${resource}: ${why}`, rule)
  }
  if (role === undefined) return refuse(roleName === '' ? 'bind a role to it' : 'there is no such role')
  const { rules } = role
  const denying = rules.find((rule) => rule.effect === 'deny' && matchesRule(rule, action, resource))
  if (denying !== undefined) return refuse(`denied by rule ${ruleText(denying)}`, denying.name)
  if (rules.some((rule) => rule.effect === 'allow' && matchesRule(rule, action, resource))) return
  const nearest = nearestRule(rules, action)
  return nearest === undefined
    ? refuse('no rule of the role allows it')
    : refuse(`not allowed by rule ${ruleText(nearest)}`, nearest.name)
}

/** The rule as people read it: `"routes" (allow vpc:CreateRouteEntry on *)`. */
export function ruleText({ name, effect, actions, resources }: Rule): string {
  return `${JSON.stringify(name)} (${effect} ${actions.join(', ')} on ${resources.join(', ')})`
}

function matchesRule({ actions, resources }: Rule, action: string, resource: string): boolean {
  return matchesAny(actions, action) && matchesAny(resources, resource)
}

/** The rule that would have to say more: one for the action elsewhere, or one about the same product. */
function nearestRule(rules: readonly Rule[], action: string): Rule | undefined {
  const allowing = rules.filter(({ effect }) => effect === 'allow')
  const product = `${action.split(':')[0]}:`
  return (
    allowing.find(({ actions }) => matchesAny(actions, action)) ??
    allowing.find(({ actions }) => actions.some((one) => one.startsWith(product)))
  )
}

function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, text))
}

/** Whether the text is the pattern, where `*` stands for any text. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === text
  if (!text.startsWith(first)) return false
  const last = rest.pop()!
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
