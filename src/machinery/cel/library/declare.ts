/** Short forms for declaring functions. */
import type { FunctionDeclaration, Invoke, Overload } from '../check/declarations.ts'
import type { CelType } from '../types/type.ts'

type Extras = Pick<Overload, 'cost' | 'estimate'>

/** An overload called as `name(args)`. */
export function plain(
  id: string,
  args: readonly CelType[],
  result: CelType,
  invoke: Invoke,
  extras: Extras = {},
): Overload {
  return { id, member: false, args, result, invoke, ...extras }
}

/** An overload called as `first.name(rest)`. */
export function member(
  id: string,
  args: readonly CelType[],
  result: CelType,
  invoke: Invoke,
  extras: Extras = {},
): Overload {
  return { id, member: true, args, result, invoke, ...extras }
}

/** Declarations of one name become one, overloads in the order given. */
export function mergeFunctions(all: readonly FunctionDeclaration[]): ReadonlyMap<string, FunctionDeclaration> {
  const merged = new Map<string, FunctionDeclaration>()
  for (const declaration of all) {
    const known = merged.get(declaration.name)
    merged.set(
      declaration.name,
      known === undefined ? declaration : { ...known, overloads: [...known.overloads, ...declaration.overloads] },
    )
  }
  return merged
}
