import type { DescriptionTable } from '../../resources/index.ts'

/** What is said of types and their fields; the empty name is the type itself. */
export interface Descriptions {
  of(type: string): Readonly<Record<string, string>>
}
const nothing: Readonly<Record<string, string>> = {}

/** Descriptions for a server that has none. */
export const noDescriptions: Descriptions = { of: () => nothing }

/** Descriptions from a table by type. */
export function descriptionsOf(table: DescriptionTable): Descriptions {
  return { of: (type) => table[type] ?? nothing }
}
