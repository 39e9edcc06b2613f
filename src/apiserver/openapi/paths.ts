import {
  collectionOperations,
  customMedia,
  everywherePath,
  itemOperations,
  media,
  type Naming,
  type Path,
} from './operations.ts'
import { parameters } from './parameters.ts'
import type { Published } from './published.ts'
import { subresourcePaths } from './subresources.ts'
import { watchPaths } from './watches.ts'
import { gvWord, rootOf } from './words.ts'

/** Every path of one resource, and what may be asked of each. */
export function pathsOf(published: Published): readonly Path[] {
  const { definition } = published
  const isNamespaced = definition.scope === 'Namespaced'
  const root = rootOf(definition.group, definition.version)
  const collection = `${root}/${isNamespaced ? 'namespaces/{namespace}/' : ''}${definition.plural}`
  const naming: Naming = {
    published,
    definition,
    isNamespaced,
    word: gvWord(definition.group, definition.version),
    scopeWord: isNamespaced ? 'Namespaced' : '',
    collection,
    item: `${collection}/{name}`,
    media: published.schema === undefined ? media : customMedia,
  }
  const scope = isNamespaced ? [parameters.namespace] : []
  const paths: Path[] = [
    { path: collection, parameters: [...scope, parameters.pretty], operations: collectionOperations(naming) },
    {
      path: naming.item,
      parameters: [parameters.name(definition.kind), ...scope, parameters.pretty],
      operations: itemOperations(naming),
    },
    ...definition.subresources.flatMap((one) => subresourcePaths(naming, one, scope)),
  ]
  const verbs = new Set(definition.verbs)
  if (isNamespaced && verbs.has('list')) paths.push(everywherePath(naming, root))
  if (verbs.has('watch')) paths.push(...watchPaths(naming, root, scope))
  return paths.filter(({ operations }) => operations.length > 0)
}
