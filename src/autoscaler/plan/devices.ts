import type { ResourceSlice } from '../../resources/index.ts'

/** What drivers will offer on a node, as they do on another of its group. */
export function slicesLike(slices: readonly ResourceSlice[], nodeName: string): readonly ResourceSlice[] {
  return slices.map((slice) => {
    const { metadata, spec } = slice
    const { pool, nodeName: from } = spec
    const poolName = pool.name === from ? nodeName : `${pool.name}-${nodeName}`
    const name = `${metadata.name}-${nodeName}`
    return {
      ...slice,
      metadata: { ...metadata, name, uid: name },
      spec: { ...spec, nodeName, pool: { ...pool, name: poolName } },
    }
  })
}
