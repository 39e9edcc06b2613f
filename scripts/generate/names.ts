import type { Input } from './input.ts'

const reachOrder = { default: 0, gated: 1, extra: 2 }
const versionRank = (version: string): number => {
  const parts = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (parts === null) return 1e9
  const stage = parts[2] === 'alpha' ? 2 : parts[2] === 'beta' ? 1 : 0
  return stage * 1e6 - Number(parts[1]) * 1e3 - Number(parts[3] ?? 0)
}
const packageOrder = ['meta', 'core', 'apps', 'batch', 'authentication', 'autoscaling', 'policy', 'networking', 'rbac']
const pascal = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('')

/** The TypeScript name of every type: the short name for the most stable and central bearer, a qualified one for others. */
export function typeNames({ types, resources }: Pick<Input, 'types' | 'resources'>): ReadonlyMap<string, string> {
  const kept = new Set(resources.map((resource) => resource.type))
  const bearers = new Map<string, string[]>()
  for (const type of Object.keys(types)) {
    const short = type.slice(type.lastIndexOf('.') + 1)
    bearers.set(short, [...(bearers.get(short) ?? []), type])
  }
  const names = new Map<string, string>()
  for (const [short, list] of bearers) {
    const rank = (type: string): number[] => {
      const [packageName = '', version = ''] = type.split('.').slice(-3)
      const order = packageOrder.indexOf(packageName)
      return [reachOrder[types[type]!.reach], kept.has(type) ? 0 : 1, order < 0 ? 99 : order, versionRank(version)]
    }
    const compare = (a: string, b: string): number => {
      const right = rank(b)
      return rank(a).reduce((result, one, index) => (result !== 0 ? result : one - right[index]!), 0)
    }
    list.sort(compare).forEach((type, index) => {
      const [packageName = '', version = ''] = type.split('.').slice(-3)
      names.set(type, index === 0 ? short : `${pascal(packageName)}${pascal(version)}${short}`)
    })
  }
  return names
}

/** `HorizontalPodAutoscaler` → `horizontalPodAutoscaler`, `CSIDriver` → `csiDriver`. */
export function lowerFirst(name: string): string {
  return name.replace(/^(?:[A-Z]+(?=[A-Z][a-z]|$)|[A-Z])/, (start) => start.toLowerCase())
}

/** The constant that holds a resource's definition: its plural with the capitals of its kind. */
export function pluralName(typeName: string, kind: string, plural: string): string {
  const prefix = typeName.slice(0, typeName.length - kind.length)
  let shared = 0
  while (shared < kind.length && kind[shared]!.toLowerCase() === plural[shared]) shared += 1
  return lowerFirst(prefix + kind.slice(0, shared) + plural.slice(shared))
}
