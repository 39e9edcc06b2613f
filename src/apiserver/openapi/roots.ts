import { documentOperation } from './document.ts'
import type { Path } from './operations.ts'
import { capital, groupWord } from './words.ts'

/** The types that describe groups and versions. */
export const rootTypes = ['APIVersions', 'APIGroup', 'APIGroupList'].map(
  (name) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`,
)

/** The documents that list groups and versions, and the server's version. */
export function rootPaths(groups: Iterable<string>): readonly Path[] {
  const named = [...new Set(groups)].filter((group) => group !== '').sort()
  return [
    documentPath('/api/', 'getCoreAPIVersions', 'get available API versions', 'core', 'APIVersions'),
    documentPath('/apis/', 'getAPIVersions', 'get available API versions', 'apis', 'APIGroupList'),
    ...named.map((group) => {
      const word = groupWord(group)
      return documentPath(
        `/apis/${group}/`,
        `get${capital(word)}APIGroup`,
        'get information of a group',
        word,
        'APIGroup',
      )
    }),
    documentPath('/version/', 'getCodeVersion', 'get the version information for this server', 'version', 'Version'),
  ]
}
function documentPath(path: string, id: string, description: string, tag: string, type: string): Path {
  return { path, parameters: [], operations: [documentOperation(id, description, tag, type)] }
}
