import { type KubeObject, msOf } from '../../../../machinery/index.ts'

/** The object that was made last; of several the first by name. */
export function newestOf<T extends KubeObject>(objects: readonly T[]): T | undefined {
  const atMs = ({ metadata }: T) => msOf(metadata.creationTimestamp)
  return objects.toSorted((a, b) => atMs(b) - atMs(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0]
}
