import type { CustomResourceDefinition } from '../../resources/index.ts'
import type { LoadedKinds } from './follow.ts'

/** Loads what declarations need, when the first one turns up. */
export async function loadKinds(_crd: CustomResourceDefinition): Promise<LoadedKinds> {
  const { definitionsOf } = await import('./kind.ts')
  return {
    definitionsOf,
    parts: {
      converterOf: () => {
        throw new Error('no converter')
      },
      rulesOf: () => undefined,
    },
  }
}
