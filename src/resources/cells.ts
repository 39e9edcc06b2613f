import { ageText, type KubeObject } from '../machinery/index.ts'
import type { Cell } from './definition.ts'

/** The cells of one kind's rows, in the order of its columns. */
export type Cells<T extends KubeObject> = (object: T, nowMs: number) => readonly Cell[]

export function ageOf(object: KubeObject, nowMs: number): string {
  return ageText(object.metadata.creationTimestamp, nowMs)
}

interface NamedImage {
  readonly name: string
  readonly image?: string
}
/** Names and images of containers, each joined by commas. */
export function containerCells(containers: readonly NamedImage[] | undefined | null): [names: string, images: string] {
  const all = containers ?? []
  return [all.map(({ name }) => name).join(','), all.map(({ image }) => image ?? '').join(',')]
}

/** The first of a list, and how many more there are. */
export function listText(items: readonly string[], options: { readonly max?: number; readonly none: string }): string {
  const max = options.max ?? 3
  const text = items.slice(0, max).join(',')
  if (items.length > max) return `${text} + ${items.length - max} more...`
  return text === '' ? options.none : text
}

/** A condition's status, where the object has one of that type. */
export function conditionStatus(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): string | undefined {
  return conditions?.find((condition) => condition.type === type)?.status
}
