import { metaV1, type Naming, operation, type Path, streams } from './operations.ts'
import { type Parameter, parameters } from './parameters.ts'

/** The old form of watching, by a path of its own. */
export function watchPaths(naming: Naming, root: string, scope: readonly Parameter[]): readonly Path[] {
  const { definition, word, scopeWord } = naming
  const watching = (path: string, id: string, own: readonly Parameter[], action: string, what: string): Path => ({
    path: path.replace(root, `${root}/watch`),
    parameters: [...parameters.list, ...own, parameters.pretty],
    operations: [
      operation(naming, {
        method: 'get',
        action,
        id,
        description: `watch ${what}. deprecated: use the 'watch' parameter with a list operation instead${
          action === 'watch' ? ", filtered to a single item with the 'fieldSelector' parameter" : ''
        }.`,
        produces: [...naming.media, ...streams],
        responses: { 200: `${metaV1}WatchEvent` },
      }),
    ],
  })
  const { kind, plural } = definition
  const listOf = `individual changes to a list of ${kind}`
  const paths = [watching(naming.collection, `watch${word}${scopeWord}${kind}List`, scope, 'watchlist', listOf)]
  if (definition.verbs.includes('get')) {
    const own = [parameters.name(kind), ...scope]
    paths.push(
      watching(naming.item, `watch${word}${scopeWord}${kind}`, own, 'watch', `changes to an object of kind ${kind}`),
    )
  }
  if (naming.isNamespaced) {
    paths.push(watching(`${root}/${plural}`, `watch${word}${kind}ListForAllNamespaces`, [], 'watchlist', listOf))
  }
  return paths
}
