import type { Section } from './document.ts'

/** What describes the part of the API that another server serves, in the older form. */
export interface ExtensionSections {
  /** Moves whenever one of the sections may be another. */
  readonly key: () => string
  /** Rejects for nobody: a server that does not answer has no section. */
  readonly read: () => Promise<readonly Section[]>
}

/** The part of another server's `/openapi/v2` that is about its group version: those paths, and the definitions they need. */
export function sectionOfExtension(document: unknown, group: string, version: string): Section {
  const { paths = {}, definitions = {} } = (document ?? {}) as Partial<Section>
  const root = `/apis/${group}/${version}`
  const own = Object.fromEntries(
    Object.entries(paths).filter(([path]) => path === root || path === `${root}/` || path.startsWith(`${root}/`)),
  )
  const wanted = new Set<string>()
  const follow = (value: unknown) => {
    for (const name of referencesIn(value)) {
      if (wanted.has(name) || definitions[name] === undefined) continue
      wanted.add(name)
      follow(definitions[name])
    }
  }
  follow(own)
  return { paths: own, definitions: Object.fromEntries([...wanted].map((name) => [name, definitions[name]!])) }
}

const definitionsRoot = '#/definitions/'

function* referencesIn(value: unknown): Iterable<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref' && typeof member === 'string') {
      if (member.startsWith(definitionsRoot)) yield member.slice(definitionsRoot.length)
    } else yield* referencesIn(member)
  }
}

/**
 * A section beside definitions that are there already. Kubernetes: an equal definition is the same one, and a different one of
 * the same name gets a name of its own (`NAME_v2`, `NAME_v3`, …).
 */
export function sectionBeside(section: Section, known: Section['definitions']): Section {
  const renamed = new Map<string, string>()
  for (const [name, definition] of Object.entries(section.definitions)) {
    if (known[name] === undefined || sameText(known[name], definition)) continue
    let number = 2
    while (known[`${name}_v${number}`] !== undefined && !sameText(known[`${name}_v${number}`], definition)) number++
    renamed.set(name, `${name}_v${number}`)
  }
  if (renamed.size === 0) return section
  const definitions = Object.entries(section.definitions).map(([name, definition]) => [
    renamed.get(name) ?? name,
    withReferences(definition, renamed),
  ])
  return {
    paths: withReferences(section.paths, renamed) as Section['paths'],
    definitions: Object.fromEntries(definitions),
  }
}

const sameText = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right)

function withReferences(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => withReferences(item, renamed))
  const entries = Object.entries(value).map(([key, member]) => {
    if (key !== '$ref' || typeof member !== 'string') return [key, withReferences(member, renamed)]
    const name = renamed.get(member.slice(definitionsRoot.length))
    return [key, name === undefined ? member : definitionsRoot + name]
  })
  return Object.fromEntries(entries)
}
