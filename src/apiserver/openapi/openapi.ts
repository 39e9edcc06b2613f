import { createHash } from 'node:crypto'
import type { Descriptions } from './descriptions.ts'
import {
  documentOperation,
  type GroupVersions,
  pathItemV2,
  pathItemV3,
  type Section,
  sectionOf,
  typeDefinitions,
} from './document.ts'
import { encodeDefinitions, encodeDocument, encodePaths } from './gnostic.ts'
import { groupWord, type Path } from './operations.ts'
import type { Published } from './published.ts'
import { sortedMembers } from './schemas.ts'

/** A document as it goes out. */
export interface ApiDocument {
  readonly bytes: Uint8Array
  readonly contentType: string
  /** The quoted hash of the bytes. */
  readonly etag: string
}
export interface OpenApiParts {
  /** What is served; the same array for as long as nothing changed. */
  readonly published: () => readonly Published[]
  /** The server's version, as `/version` tells it: `v1.36.2`. */
  readonly version: string
  readonly descriptions: () => Promise<Descriptions>
  /** Lets other work go on between parts of a large document. */
  readonly pause: () => Promise<void>
}
/** The description of the API in both forms; built when first asked for, and again only where something changed. */
export interface OpenApi {
  /** /openapi/v2 */
  v2(encoding: 'json' | 'protobuf'): Promise<ApiDocument>
  /** /openapi/v3: where to find the document of each group version, with a hash that changes when it does. */
  v3Index(): object
  /** /openapi/v3/PATH (`api/v1`, `apis/apps/v1`), or undefined when nothing of that name is served. */
  v3(path: string): Promise<ApiDocument | undefined>
}

const title = 'Kubernetes'
const contentTypes = {
  json: 'application/json',
  // Kubernetes: asked for with an `@`, answered with a dot, since a media type may not hold an `@`.
  protobuf: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
}
const hashOf = (content: Uint8Array | string): string =>
  createHash('sha512').update(content).digest('hex').toUpperCase()
const documentOf = (bytes: Uint8Array, contentType: string): ApiDocument => ({
  bytes,
  contentType,
  etag: `"${hashOf(bytes)}"`,
})
const pathOf = (group: string, version: string): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`

/** One group version of the older form, rendered so that it can be joined with others. */
interface Piece {
  readonly paths: string
  readonly pathsBytes: Uint8Array
  readonly section: Section
}

export function createOpenApi({ published, version, descriptions, pause }: OpenApiParts): OpenApi {
  const info = { title, version }
  const encoder = new TextEncoder()
  let seen: readonly Published[] | undefined
  let groups = new Map<string, readonly Published[]>()
  let hashes = new Map<string, string>()
  const pieces = new Map<string, { readonly hash: string; readonly piece: Piece }>()
  const newer = new Map<string, { readonly hash: string; readonly document: Promise<ApiDocument> }>()
  let older: { readonly json: Promise<ApiDocument>; readonly protobuf: () => Promise<ApiDocument> } | undefined

  /** Takes note of what is served now. */
  function refresh(): void {
    const now = published()
    if (now === seen) return
    seen = now
    older = undefined
    groups = new Map()
    for (const one of now) {
      const path = pathOf(one.definition.group, one.definition.version)
      groups.set(path, [...(groups.get(path) ?? []), one])
    }
    hashes = new Map([...groups].map(([path, list]) => [path, hashOf(JSON.stringify([version, list]))]))
    for (const path of pieces.keys()) if (!groups.has(path)) pieces.delete(path)
    for (const path of newer.keys()) if (!groups.has(path)) newer.delete(path)
  }
  function everywhere(): GroupVersions {
    const builtIn = (seen ?? []).filter(({ schema }) => schema === undefined)
    const named = new Map(
      builtIn.map(({ definition: { group, version } }) => [pathOf(group, version), { group, version }]),
    )
    return [...named.values()].sort((a, b) => (pathOf(a.group, a.version) < pathOf(b.group, b.version) ? -1 : 1))
  }

  async function pieceOf(path: string, about: Descriptions): Promise<Piece> {
    const hash = hashes.get(path)!
    const known = pieces.get(path)
    if (known?.hash === hash) return known.piece
    const section = sectionOf(groups.get(path)!, 'v2', about, everywhere())
    await pause()
    const piece = { section, paths: membersText(section.paths), pathsBytes: encodePaths(section.paths) }
    pieces.set(path, { hash, piece })
    await pause()
    return piece
  }
  async function allPieces(): Promise<readonly Piece[]> {
    const about = await descriptions()
    const list: Piece[] = []
    for (const path of [...groups.keys()].sort()) if (groups.has(path)) list.push(await pieceOf(path, about))
    const paths = Object.fromEntries(rootPaths([...groups.values()]).map((path) => [path.path, pathItemV2(path)]))
    const definitions = typeDefinitions(rootTypes, 'v2', about, everywhere())
    return [...list, { section: { paths, definitions }, paths: membersText(paths), pathsBytes: encodePaths(paths) }]
  }
  function startOlder(): NonNullable<typeof older> {
    const gathered = allPieces().then(async (list) => {
      const definitions = sortedMembers(
        Object.assign({}, ...list.map(({ section }) => section.definitions)) as Section['definitions'],
      )
      await pause()
      return { list, definitions }
    })
    const json = gathered.then(({ list, definitions }) => {
      const paths = list.map((piece) => piece.paths).filter((text) => text !== '')
      const head = `"swagger":"2.0","info":${JSON.stringify(info)},"paths":{${paths.join(',')}}`
      const text = `{${head},"definitions":{${membersText(definitions)}},${securityText}}\n`
      return documentOf(encoder.encode(text), contentTypes.json)
    })
    let protobuf: Promise<ApiDocument> | undefined
    const makeProtobuf = async () => {
      const { list, definitions } = await gathered
      const encoded = encodeDefinitions(definitions)
      await pause()
      return documentOf(
        encodeDocument(info, joined(list.map((piece) => piece.pathsBytes)), encoded),
        contentTypes.protobuf,
      )
    }
    return {
      json,
      protobuf: () => {
        protobuf ??= makeProtobuf()
        return protobuf
      },
    }
  }
  async function buildNewer(list: readonly Published[]): Promise<ApiDocument> {
    const { paths, definitions } = sectionOf(list, 'v3', await descriptions(), everywhere())
    await pause()
    const components = { schemas: sortedMembers(definitions), securitySchemes: { BearerToken: bearerToken } }
    const document = { openapi: '3.0.0', info, paths, components }
    return documentOf(encoder.encode(`${JSON.stringify(document)}\n`), contentTypes.json)
  }

  return {
    v2(encoding) {
      refresh()
      older ??= startOlder()
      return encoding === 'json' ? older.json : older.protobuf()
    },
    v3Index() {
      refresh()
      const paths = Object.fromEntries(
        [...hashes].map(([path, hash]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]),
      )
      for (const { path } of rootPaths([...groups.values()])) {
        const name = path.replace(/^\/|\/$/g, '')
        const hash = hashOf(JSON.stringify([version, name]))
        paths[name] ??= { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }
      }
      return { paths: sortedMembers(paths) }
    },
    v3(path) {
      refresh()
      const list = groups.get(path)
      if (list === undefined) {
        const root = rootPaths([...groups.values()]).find((one) => one.path.replace(/^\/|\/$/g, '') === path)
        return root === undefined ? Promise.resolve(undefined) : rootDocument(root)
      }
      const hash = hashes.get(path)!
      const known = newer.get(path)
      if (known?.hash === hash) return known.document
      const document = buildNewer(list)
      newer.set(path, { hash, document })
      return document
    },
  }

  async function rootDocument(root: Path): Promise<ApiDocument> {
    const types = root.operations.flatMap(({ responses }) => Object.values(responses))
    const schemas = typeDefinitions(types, 'v3', await descriptions(), everywhere())
    const document = { openapi: '3.0.0', info, paths: { [root.path]: pathItemV3(root) }, components: { schemas } }
    return documentOf(encoder.encode(`${JSON.stringify(document)}\n`), contentTypes.json)
  }
}

const bearerToken = { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' }
const securityText = `"securityDefinitions":${JSON.stringify({ BearerToken: bearerToken })},"security":[{"BearerToken":[]}]`
const rootTypes = ['APIVersions', 'APIGroup', 'APIGroupList'].map(
  (name) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`,
)

/** The members of an object as JSON, without the braces around them. */
function membersText(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(members).slice(1, -1)
}
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The documents that list groups and versions, and the server's version. */
function rootPaths(groups: readonly (readonly Published[])[]): readonly Path[] {
  const names = [...new Set(groups.flatMap((list) => list.map(({ definition }) => definition.group)))].sort()
  const path = (at: string, id: string, description: string, tag: string, type: string): Path => ({
    path: at,
    parameters: [],
    operations: [documentOperation(id, description, tag, type)],
  })
  return [
    path('/api/', 'getCoreAPIVersions', 'get available API versions', 'core', 'APIVersions'),
    path('/apis/', 'getAPIVersions', 'get available API versions', 'apis', 'APIGroupList'),
    ...names
      .filter((group) => group !== '')
      .map((group) => {
        const word = groupWord(group)
        const id = `get${word.slice(0, 1).toUpperCase()}${word.slice(1)}APIGroup`
        return path(`/apis/${group}/`, id, 'get information of a group', word, 'APIGroup')
      }),
    path('/version/', 'getCodeVersion', 'get the version information for this server', 'version', 'Version'),
  ]
}
