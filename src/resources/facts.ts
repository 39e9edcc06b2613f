import type { ColumnDefinition, Scope, SubresourceDefinition } from './definition.ts'

/** What the generated tables know of one resource: everything but its behaviour. */
export interface ResourceFacts {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly scope: Scope
  readonly verbs: readonly string[]
  readonly servedByDefault: boolean
  readonly stored: boolean
  readonly type: string
  readonly storage: { readonly group: string; readonly version: string; readonly prefix: string; readonly hash: string }
  readonly subresources: readonly SubresourceDefinition[]
  readonly columns: readonly ColumnDefinition[]
  readonly fieldLabels: readonly string[]
  /** Paths of labels that are not paths themselves; `a|b` is the first of the two that is set. */
  readonly fieldAliases?: Readonly<Record<string, string>>
  readonly hasSpec: boolean
  readonly hasStatus: boolean
  /** Whether status is a struct that is always written, rather than a pointer. */
  readonly statusIsValue: boolean
}

/** One API group as discovery publishes it; versions are in order of preference. */
export interface GroupFacts {
  readonly group: string
  readonly priority: number
  readonly preferredVersion: string
  readonly servedByDefault: boolean
  readonly versions: readonly {
    readonly version: string
    readonly priority: number
    readonly servedByDefault: boolean
  }[]
}
