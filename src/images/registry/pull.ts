import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { ImageError } from '../image-error.ts'
import { type Descriptor, type ImageIndex, type ImageManifest, mediaTypes } from '../oci.ts'
import { familiarName, fullName, type ImageReference, parseReference } from '../reference.ts'
import type { ImageStore, NamedImage } from '../store/image-store.ts'

export interface PullOptions {
  /** As OCI names it. */
  readonly architecture: string
  /** Only for registries that say who may read: `user:password`. */
  readonly credentials?: string
}
const manifestTypes = [
  mediaTypes.index,
  mediaTypes.manifest,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
const silenceMsMax = 20_000
const redirectsMax = 5
const manifestBytesMax = 4 << 20

/** Takes an image from its registry into the store; rejects with one sentence when it cannot be had. */
export async function pullImage(
  store: ImageStore,
  name: string,
  options: PullOptions,
  signal: AbortSignal,
): Promise<NamedImage> {
  const reference = parseReference(name)
  const registry = new RemoteRegistry(reference, options, signal)
  try {
    const manifest = await pullManifest(store, registry, reference.digest ?? reference.tag, options.architecture)
    const { config, layers } = await store.readJson<ImageManifest>(manifest.digest)
    for (const { digest, mediaType } of [config, ...layers])
      if (!(await store.hasBlob(digest))) await store.addBlob(await registry.blob(digest), mediaType, digest)
    return await store.setName(fullName(reference), manifest)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ImageError) throw error
    const why = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : String(error)
    throw new ImageError(`${familiarName(fullName(reference))} cannot be had from ${reference.host} (${why})`)
  }
}

async function pullManifest(
  store: ImageStore,
  registry: RemoteRegistry,
  tagOrDigest: string,
  architecture: string,
): Promise<Descriptor> {
  const { bytes, mediaType } = await registry.manifest(tagOrDigest)
  const expected = tagOrDigest.startsWith('sha256:') ? tagOrDigest : undefined
  const kept = await store.addBlob([bytes], mediaType, expected)
  const document = JSON.parse(bytes.toString('utf8')) as Partial<ImageIndex & ImageManifest>
  if (document.manifests === undefined) return kept
  const match = document.manifests.find(
    ({ platform }) => platform?.architecture === architecture && (platform.os ?? 'linux') === 'linux',
  )
  if (match === undefined) throw new ImageError(`the image has no part for linux/${architecture}; choose another`)
  return pullManifest(store, registry, match.digest, architecture)
}

/** One repository of a registry, read as the OCI distribution API has it. */
class RemoteRegistry {
  readonly #repository: string
  readonly #origin: string
  readonly #options: PullOptions
  readonly #signal: AbortSignal
  #authorization: string | undefined

  constructor({ host, path }: ImageReference, options: PullOptions, signal: AbortSignal) {
    const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+)(:|$)/.test(host)
    this.#repository = path
    this.#origin = `${isLoopback ? 'http' : 'https'}://${host === 'docker.io' ? 'registry-1.docker.io' : host}`
    this.#options = options
    this.#signal = signal
  }

  async manifest(tagOrDigest: string): Promise<{ readonly bytes: Buffer; readonly mediaType: string }> {
    const response = await this.#get(`manifests/${tagOrDigest}`, manifestTypes.join(', '))
    if (Number(response.headers['content-length'] ?? 0) > manifestBytesMax) {
      response.destroy()
      throw new Error('its manifest is too large')
    }
    const bytes = await buffer(response)
    return { bytes, mediaType: (response.headers['content-type'] ?? mediaTypes.manifest).split(';')[0]! }
  }

  blob(digest: string): Promise<IncomingMessage> {
    return this.#get(`blobs/${digest}`, '*/*')
  }

  async #get(path: string, accept: string): Promise<IncomingMessage> {
    const url = `${this.#origin}/v2/${this.#repository}/${path}`
    const first = await this.#follow(url, accept)
    const challenge = first.headers['www-authenticate']
    if (first.statusCode !== 401 || challenge === undefined) return succeeded(first)
    first.resume()
    this.#authorization = await this.#answerTo(challenge)
    return succeeded(await this.#follow(url, accept))
  }

  /** Goes where the registry points; who we are is told to the registry alone. */
  async #follow(start: string, accept: string): Promise<IncomingMessage> {
    let url = new URL(start)
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      const isRegistry = url.origin === new URL(this.#origin).origin
      const authorization = isRegistry ? this.#authorization : undefined
      const response = await open(
        url,
        { accept, ...(authorization === undefined ? {} : { authorization }) },
        this.#signal,
      )
      const { location } = response.headers
      if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return response
      response.resume()
      url = new URL(location, url)
    }
    throw new Error('it points from place to place without end')
  }

  async #answerTo(challenge: string): Promise<string> {
    const { credentials } = this.#options
    const basic = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
    if (/^basic/i.test(challenge)) {
      if (basic === undefined) throw new Error('it asks for a user and a password')
      return basic
    }
    const fields = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]))
    const realm = new URL(fields.get('realm') ?? '')
    for (const key of ['service', 'scope']) if (fields.has(key)) realm.searchParams.set(key, fields.get(key)!)
    const headers = { accept: 'application/json', ...(basic === undefined ? {} : { authorization: basic }) }
    const answer = JSON.parse((await buffer(succeeded(await open(realm, headers, this.#signal)))).toString('utf8'))
    return `Bearer ${answer.token ?? answer.access_token}`
  }
}

function open(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  const start = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = start(url, { headers: { 'user-agent': 'coxswain', ...headers }, signal, timeout: silenceMsMax })
    request.once('timeout', () => request.destroy(new Error('it does not answer')))
    request.once('error', reject)
    request.once('response', resolve)
    request.end()
  })
}

function succeeded(response: IncomingMessage): IncomingMessage {
  if (response.statusCode === 200) return response
  response.resume()
  const { statusCode } = response
  throw new Error(
    statusCode === 404 ? 'there is no such image' : statusCode === 401 ? 'it may not be read' : `status ${statusCode}`,
  )
}
