import { builtInSchema } from '../../resources/index.ts'

/** One parameter of a path or query. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly type: 'string' | 'boolean' | 'integer'
  readonly description?: string
}
const query = (name: string, type: Parameter['type'], description: string): Parameter => ({
  name,
  in: 'query',
  type,
  description,
})
const dryRun = query(
  'dryRun',
  'string',
  'When present, what is sent is checked and answered but not kept. The one value is All.',
)
const fieldManager = query(
  'fieldManager',
  'string',
  'The name of the actor that makes this change, at most 128 printable characters.',
)
const fieldValidation = query(
  'fieldValidation',
  'string',
  'What to do about unknown and duplicate fields: Ignore, Warn (the default) or Strict.',
)

/** The parameters operations share. */
export const parameters = {
  name: (kind: string): Parameter => ({ name: 'name', in: 'path', type: 'string', description: `name of the ${kind}` }),
  namespace: {
    name: 'namespace',
    in: 'path',
    type: 'string',
    description: 'object name and auth scope, such as for teams and projects',
  } as Parameter,
  path: { name: 'path', in: 'path', type: 'string', description: 'path to the resource' } as Parameter,
  pretty: query('pretty', 'string', "If 'true', then the output is pretty printed."),
  force: query('force', 'boolean', 'Force takes over fields that other managers hold. Only for apply patches.'),
  write: [dryRun, fieldManager, fieldValidation],
  delete: [
    dryRun,
    query('gracePeriodSeconds', 'integer', 'Seconds until the object is deleted; zero deletes at once.'),
    query(
      'ignoreStoreReadErrorWithClusterBreakingPotential',
      'boolean',
      'Deletes an object that can no longer be read from storage, without its usual protections.',
    ),
    query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
    query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
  ],
  list: [
    query('allowWatchBookmarks', 'boolean', 'Asks for watch events of type BOOKMARK.'),
    query('continue', 'string', 'Where to go on, as the previous part of the list told.'),
    query(
      'fieldSelector',
      'string',
      'A selector to restrict the list of returned objects by their fields. Defaults to everything.',
    ),
    query(
      'labelSelector',
      'string',
      'A selector to restrict the list of returned objects by their labels. Defaults to everything.',
    ),
    query('limit', 'integer', 'The most objects to return in one answer.'),
    query('resourceVersion', 'string', 'How new the answer must be, or where a watch begins.'),
    query('resourceVersionMatch', 'string', 'How resourceVersion is applied to lists: Exact or NotOlderThan.'),
    query('sendInitialEvents', 'boolean', 'Whether a watch begins with the objects there are.'),
    query('timeoutSeconds', 'integer', 'The longest the call may last.'),
    query('watch', 'boolean', 'Sends changes as they happen instead of a list.'),
  ],
} as const

const types: Readonly<Record<string, Parameter['type']>> = { string: 'string', boolean: 'boolean', integer: 'integer' }
/** The fields of an options type as query parameters. */
export function queryOf(type: string): readonly Parameter[] {
  const fields = builtInSchema.type(type)?.jsonFields ?? []
  return fields
    .map((field) => ({ name: field.name, in: 'query' as const, type: types[field.type] ?? 'string' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
