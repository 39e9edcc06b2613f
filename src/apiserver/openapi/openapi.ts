import { createHash } from 'node:crypto'
import type { Descriptions } from './descriptions.ts'
import { type GroupVersions, pathItemV2, pathItemV3, type Section, sectionOf, typeDefinitions } from './document.ts'
import { type ExtensionSections, sectionBeside } from './extension.ts'
import { encodeDefinitions, encodeDocument, encodePaths } from './gnostic.ts'
import type { Path } from './operations.ts'
import type { Published } from './published.ts'
import { rootPaths, rootTypes } from './roots.ts'
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
  /** What other servers serve; without, nothing. */
  readonly extensions?: ExtensionSections
  /** Lets other work go on between parts of a large document. */
  readonly pause: () => Promise<void>
}

const contentTypes = {
  json: 'application/json',
  // Kubernetes: asked for with an `@`, answered with a dot, since a media type may not hold an `@`.
  protobuf: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
}
const encoder = new TextEncoder()
const hashOf = (content: Uint8Array | string): string =>
  createHash('sha512').update(content).digest('hex').toUpperCase()
const documentOf = (content: Uint8Array | string, contentType: string): ApiDocument => {
  const bytes = typeof content === 'string' ? encoder.encode(content) : content
  return { bytes, contentType, etag: `"${hashOf(bytes)}"` }
}
const pathOf = (group: string, version: string): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`
const nameOf = ({ path }: Path): string => path.replace(/^\/|\/$/g, '')

/** One group version of the older form, rendered so that it can be joined with others. */
interface Piece {
  readonly section: Section
  readonly pathsText: string
  readonly pathsBytes: Uint8Array
}
/** What is served at one time; a change makes a new one. */
interface Served {
  readonly published: readonly Published[]
  /** The resources of each group version, by its path. */
  readonly groups: ReadonlyMap<string, readonly Published[]>
  /** A hash of each group version that changes when its description does. */
  readonly hashes: ReadonlyMap<string, string>
  readonly builtIn: GroupVersions
  readonly roots: readonly Path[]
}
interface Older {
  readonly gathered: Promise<{ readonly pieces: readonly Piece[]; readonly definitions: Section['definitions'] }>
  readonly made: { json?: Promise<ApiDocument>; protobuf?: Promise<ApiDocument> }
  /** Of which extensions it was made. */
  readonly extensions: string
}

/** The description of the API in both forms; built when first asked for, and again only where something changed. */
export class OpenApi {
  readonly #parts: OpenApiParts
  readonly #pieces = new Map<string, { readonly hash: string; readonly piece: Piece }>()
  readonly #newer = new Map<string, { readonly hash: string; readonly document: Promise<ApiDocument> }>()
  #served: Served | undefined
  #older: Older | undefined

  constructor(parts: OpenApiParts) {
    this.#parts = parts
  }

  /** /openapi/v2 */
  v2(encoding: 'json' | 'protobuf'): Promise<ApiDocument> {
    const served = this.#now()
    const extensions = this.#parts.extensions?.key() ?? ''
    if (this.#older?.extensions !== extensions) this.#older = undefined
    this.#older ??= { gathered: this.#gather(served), made: {}, extensions }
    const { gathered, made } = this.#older
    made[encoding] ??= encoding === 'json' ? this.#jsonOf(gathered) : this.#protobufOf(gathered)
    return made[encoding]
  }

  /** /openapi/v3: where to find each document, with a hash that changes when it does. */
  v3Index(): object {
    const { hashes, roots } = this.#now()
    const named = [...roots.map((root) => [nameOf(root), this.#rootHash(root)] as const), ...hashes]
    const paths = named.map(([name, hash]) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }])
    return { paths: sortedMembers(Object.fromEntries(paths)) }
  }

  /** The hash that the index gives for a path, if it is there. */
  v3Hash(path: string): string | undefined {
    const { hashes, roots } = this.#now()
    const root = roots.find((one) => nameOf(one) === path)
    return hashes.get(path) ?? (root === undefined ? undefined : this.#rootHash(root))
  }

  /** /openapi/v3/PATH (`api/v1`, `apis/apps/v1`), or undefined when nothing of that name is served. */
  v3(path: string): Promise<ApiDocument | undefined> {
    const served = this.#now()
    const published = served.groups.get(path)
    if (published === undefined) {
      const root = served.roots.find((one) => nameOf(one) === path)
      return root === undefined ? Promise.resolve(undefined) : this.#rootDocument(root, served)
    }
    const hash = served.hashes.get(path)!
    const known = this.#newer.get(path)
    if (known?.hash === hash) return known.document
    const document = this.#newerDocument(published, served)
    this.#newer.set(path, { hash, document })
    return document
  }

  /** What is served now; what was built for things that are gone is let go. */
  #now(): Served {
    const published = this.#parts.published()
    if (this.#served?.published === published) return this.#served
    const served = servedOf(published, this.#parts.version)
    for (const built of [this.#pieces, this.#newer]) {
      for (const path of built.keys()) if (!served.groups.has(path)) built.delete(path)
    }
    this.#older = undefined
    this.#served = served
    return served
  }

  async #gather(served: Served): Promise<Awaited<Older['gathered']>> {
    const { descriptions, pause } = this.#parts
    const about = await descriptions()
    const pieces: Piece[] = []
    for (const path of [...served.groups.keys()].sort()) pieces.push(await this.#pieceOf(path, served, about))
    const paths = Object.fromEntries(served.roots.map((root) => [root.path, pathItemV2(root)]))
    pieces.push(pieceOf({ paths, definitions: typeDefinitions(rootTypes, 'v2', about, served.builtIn) }))
    await pause()
    const own = Object.assign({}, ...pieces.map(({ section }) => section.definitions)) as Section['definitions']
    const all = { ...own }
    for (const section of (await this.#parts.extensions?.read()) ?? []) {
      const beside = sectionBeside(section, all)
      Object.assign(all, beside.definitions)
      pieces.push(pieceOf(beside))
      await pause()
    }
    return { pieces, definitions: sortedMembers(all) }
  }
  async #pieceOf(path: string, served: Served, about: Descriptions): Promise<Piece> {
    const hash = served.hashes.get(path)!
    const known = this.#pieces.get(path)
    if (known?.hash === hash) return known.piece
    const section = sectionOf(served.groups.get(path)!, 'v2', about, served.builtIn)
    await this.#parts.pause()
    const piece = pieceOf(section)
    this.#pieces.set(path, { hash, piece })
    await this.#parts.pause()
    return piece
  }
  async #jsonOf(gathered: Older['gathered']): Promise<ApiDocument> {
    const { pieces, definitions } = await gathered
    const paths = pieces.map(({ pathsText }) => pathsText).filter((text) => text !== '')
    const head = `"swagger":"2.0","info":${JSON.stringify(this.#info())},"paths":{${paths.join(',')}}`
    return documentOf(`{${head},"definitions":{${membersText(definitions)}},${securityText}}\n`, contentTypes.json)
  }
  async #protobufOf(gathered: Older['gathered']): Promise<ApiDocument> {
    const { pieces, definitions } = await gathered
    const encoded = encodeDefinitions(definitions)
    await this.#parts.pause()
    const paths = joined(pieces.map(({ pathsBytes }) => pathsBytes))
    return documentOf(encodeDocument(this.#info(), paths, encoded), contentTypes.protobuf)
  }
  async #newerDocument(published: readonly Published[], served: Served): Promise<ApiDocument> {
    const { paths, definitions } = sectionOf(published, 'v3', await this.#parts.descriptions(), served.builtIn)
    await this.#parts.pause()
    const components = { schemas: sortedMembers(definitions), securitySchemes: { BearerToken: bearerToken } }
    return documentOf(
      `${JSON.stringify({ openapi: '3.0.0', info: this.#info(), paths, components })}\n`,
      contentTypes.json,
    )
  }
  async #rootDocument(root: Path, served: Served): Promise<ApiDocument> {
    const types = root.operations.flatMap(({ responses }) => Object.values(responses))
    const schemas = typeDefinitions(types, 'v3', await this.#parts.descriptions(), served.builtIn)
    const paths = { [root.path]: pathItemV3(root) }
    return documentOf(
      `${JSON.stringify({ openapi: '3.0.0', info: this.#info(), paths, components: { schemas } })}\n`,
      contentTypes.json,
    )
  }
  #rootHash(root: Path): string {
    return hashOf(JSON.stringify([this.#parts.version, root]))
  }
  #info(): { readonly title: string; readonly version: string } {
    return { title: 'Kubernetes', version: this.#parts.version }
  }
}

function servedOf(published: readonly Published[], version: string): Served {
  const groups = new Map<string, Published[]>()
  const builtIn = new Map<string, GroupVersions[number]>()
  for (const one of published) {
    const path = pathOf(one.definition.group, one.definition.version)
    const list = groups.get(path)
    if (list === undefined) groups.set(path, [one])
    else list.push(one)
    if (one.schema === undefined) builtIn.set(path, { group: one.definition.group, version: one.definition.version })
  }
  return {
    published,
    groups,
    hashes: new Map([...groups].map(([path, list]) => [path, hashOf(JSON.stringify([version, list]))])),
    builtIn: [...builtIn].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    roots: rootPaths(published.map(({ definition }) => definition.group)),
  }
}

const bearerToken = { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' }
const securityText = `"securityDefinitions":${JSON.stringify({ BearerToken: bearerToken })},"security":[{"BearerToken":[]}]`

function pieceOf(section: Section): Piece {
  return { section, pathsText: membersText(section.paths), pathsBytes: encodePaths(section.paths) }
}
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
