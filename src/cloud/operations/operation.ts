import type { Clock, Random } from '../../machinery/index.ts'
import type { Calls, CloudAction } from '../calls.ts'
import { invalid } from '../errors.ts'
import type { CloudState } from '../state.ts'

/** What an operation may use besides the state. */
export interface CloudWorld {
  readonly clock: Clock
  readonly random: Random
}
/** One call carried out: what rules are held against, and the change to the state. */
export interface Operation<A extends CloudAction> {
  /** What the call is about, as rules name it. */
  resource(input: Calls[A][0], state: CloudState): string
  /** Changes the state and answers; what it throws leaves no trace. */
  run(state: CloudState, input: Calls[A][0], world: CloudWorld): Calls[A][1]
}
export type Operations = { readonly [A in CloudAction]: Operation<A> }

/** What a table has under a key; nothing that it merely inherits. */
export function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
/** The list of a field that must be there. */
export function listIn<T>(input: object, field: string): readonly T[] {
  const value = (input as Record<string, unknown>)[field]
  if (!Array.isArray(value)) throw invalid(`${field} must be a list`)
  return value as readonly T[]
}

/** The text of a field that must be there. */
export function textOf(input: object, field: string): string {
  const value = (input as Record<string, unknown>)[field]
  if (typeof value !== 'string' || value === '') throw invalid(`${field} must be a text that is not empty`)
  return value
}
/** The whole number of a field that must be there, at least 1. */
export function numberOf(input: object, field: string): number {
  const value = (input as Record<string, unknown>)[field]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    throw invalid(`${field} must be a whole number above 0`)
  return value
}
/** Names of things: what file systems, DNS and shells bear. */
export function nameIn(input: object): string {
  const name = textOf(input, 'name')
  if (!/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(name))
    throw invalid(`name ${JSON.stringify(name)} is not made of lower-case letters, digits, '-' and '.'`)
  return name
}
