/** `rbac.authorization.k8s.io` → `rbacAuthorization`, the empty group → `core`. */
export function groupWord(group: string): string {
  if (group === '') return 'core'
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split(/[.-]/)
  return first + rest.map(capital).join('')
}
/** A word with a capital first letter. */
export const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)
/** `rbacAuthorization_v1`: the tag of a group version's operations. */
export const tagOf = (group: string, version: string): string => `${groupWord(group)}_${version}`
/** `RbacAuthorizationV1`: how operation names call a group version. */
export const gvWord = (group: string, version: string): string => capital(groupWord(group)) + capital(version)
/** `/api/v1` or `/apis/GROUP/VERSION`. */
export const rootOf = (group: string, version: string): string =>
  group === '' ? `/api/${version}` : `/apis/${group}/${version}`
