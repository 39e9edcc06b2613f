import { conflict, invalid, notFound } from '../errors.ts'
import type { CloudState, Role, Rule } from '../state.ts'
import { entryOf, nameIn, type Operations } from './operation.ts'

function roleIn(state: CloudState, name: string): Role {
  const found = entryOf(state.roles, name)
  if (found === undefined) throw notFound('role', name)
  return found
}

function checkedRules(rules: unknown): readonly Rule[] {
  if (!Array.isArray(rules)) throw invalid('rules must be a list')
  const isTexts = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== '')
  const names = new Set<string>()
  return rules.map((rule): Rule => {
    const { name, effect, actions, resources = ['*'] } = (rule ?? {}) as Partial<Rule>
    if (typeof name !== 'string' || name === '') throw invalid('every rule must have a name')
    if (names.has(name)) throw invalid(`two rules are named ${JSON.stringify(name)}`)
    names.add(name)
    if (effect !== 'allow' && effect !== 'deny') throw invalid(`effect of rule ${name} must be allow or deny`)
    if (!isTexts(actions)) throw invalid(`actions of rule ${name} must be a list of names such as vpc:CreateRouteEntry`)
    if (!isTexts(resources)) throw invalid(`resources of rule ${name} must be a list of names such as route/*`)
    return { name, effect, actions, resources }
  })
}
const about = ({ id }: { readonly id: string }) => `role/${id}`

/** Roles and their rules. */
export const roleOperations: Pick<
  Operations,
  'ram:ListRoles' | 'ram:CreateRole' | 'ram:UpdateRole' | 'ram:DeleteRole'
> = {
  'ram:ListRoles': {
    resource: () => 'role/*',
    run: (state) => Object.values(state.roles),
  },
  'ram:CreateRole': {
    resource: ({ name }) => `role/${name}`,
    run(state, input) {
      const name = nameIn(input)
      if (entryOf(state.roles, name) !== undefined) throw conflict(`there is a role named ${name} already`)
      return (state.roles[name] = { name, rules: checkedRules(input.rules) })
    },
  },
  'ram:UpdateRole': {
    resource: about,
    run: (state, { id, rules }) => (state.roles[id] = { ...roleIn(state, id), rules: checkedRules(rules) }),
  },
  'ram:DeleteRole': {
    resource: about,
    run(state, { id }) {
      const role = roleIn(state, id)
      const bound = Object.values(state.instances).find((one) => one.role === id)
      if (bound !== undefined) throw conflict(`role ${id} is bound to instance ${bound.id}; bind another to it first`)
      delete state.roles[id]
      return role
    },
  },
}
