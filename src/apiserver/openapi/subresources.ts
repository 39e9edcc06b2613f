import { builtInSchema, type SubresourceDefinition } from '../../resources/index.ts'
import {
  anyMedia,
  type Method,
  media,
  type Naming,
  type Operation,
  objectOperation,
  operation,
  type Path,
} from './operations.ts'
import { type Parameter, parameters, queryOf } from './parameters.ts'
import { bodyTypeOf, type GroupVersionKind } from './published.ts'
import { capital } from './words.ts'

/** The paths of a subresource: a part of the object, an action on it, or a connection. */
export function subresourcePaths(
  naming: Naming,
  sub: SubresourceDefinition,
  scope: readonly Parameter[],
): readonly Path[] {
  const { definition, published, word, scopeWord } = naming
  const kind: GroupVersionKind = {
    group: sub.group ?? definition.group,
    kind: sub.kind ?? definition.kind,
    version: sub.version ?? definition.version,
  }
  const type =
    sub.kind === undefined ? bodyTypeOf(published) : (builtInSchema.typeOfKind(kind)?.name ?? bodyTypeOf(published))
  const tail = `${word}${scopeWord}${definition.kind}${capital(sub.name)}`
  const own = [parameters.name(kind.kind), ...scope]
  const path = `${naming.item}/${sub.name}`
  if (sub.connect === true) return connectPaths(naming, sub, kind, type, path, own)
  const operations = sub.verbs.flatMap((verb): Operation[] => {
    if (verb === 'create') {
      return [
        operation(naming, {
          method: 'post',
          action: 'post',
          id: `create${tail}`,
          description: `create ${sub.name} of a ${definition.kind}`,
          parameters: parameters.write,
          body: { type, required: true },
          responses: { 200: type, 201: type, 202: type },
        }),
      ]
    }
    const one = objectOperation(
      naming,
      verb,
      tail,
      `${sub.name} of the specified ${definition.kind}`.replace('the specified ', ''),
      type,
    )
    return one === undefined
      ? []
      : [
          {
            ...one,
            description: one.description.replace(
              / the specified .*$/,
              ` ${sub.name} of the specified ${definition.kind}`,
            ),
          },
        ]
  })
  const shown = operations.map((one) => (sub.name === 'log' ? logOperation(one) : { ...one, kind }))
  return [{ path, parameters: [...own, parameters.pretty], operations: shown }]
}
const logOperation = (read: Operation): Operation => ({
  ...read,
  parameters: queryOf('io.k8s.api.core.v1.PodLogOptions'),
  produces: ['text/plain', ...media],
  responses: { 200: 'string' },
})

const connectMethods: Readonly<Record<string, Method>> = {
  get: 'get',
  create: 'post',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
}
/** Streams and proxies: each HTTP method is the same connection. */
function connectPaths(
  naming: Naming,
  sub: SubresourceDefinition,
  kind: GroupVersionKind,
  options: string,
  path: string,
  own: readonly Parameter[],
): readonly Path[] {
  const { definition, word, scopeWord } = naming
  const methods = [
    ...sub.verbs.map((verb) => connectMethods[verb]!),
    ...(sub.methodsAlso ?? []).map((one) => one.toLowerCase() as Method),
  ]
  const operationsAt = (suffix: string) =>
    methods.map((method) =>
      operation(naming, {
        method,
        action: 'connect',
        id: `connect${word}${capital(method)}${scopeWord}${definition.kind}${capital(sub.name)}${suffix}`,
        description: `connect ${method.toUpperCase()} requests to ${sub.name} of ${definition.kind}`,
        kind,
        produces: anyMedia,
        responses: { 200: 'string' },
      }),
    )
  const paths: Path[] = [{ path, parameters: [...own, ...queryOf(options)], operations: operationsAt('') }]
  if (sub.pathSuffix === true) {
    paths.push({
      path: `${path}/{path}`,
      parameters: [...own, parameters.path, ...queryOf(options)],
      operations: operationsAt('WithPath'),
    })
  }
  return paths
}
