import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { mediaTypes } from '../oci.ts'
import { digestPattern } from '../reference.ts'
import type { ImageStore, NamedImage } from '../store/image-store.ts'

/** A registry that serves a machine's images to its own nodes. */
export interface ImageRegistry extends AsyncDisposable {
  readonly port: number
}

export interface RegistryOptions {
  readonly onError?: (error: unknown) => void
  /** Makes an image that is not in the store; undefined when it is none that can be made. */
  readonly make?: (name: string) => Promise<NamedImage | undefined>
}

/** Serves the store read-only on the loopback address, as the OCI distribution API has it, until disposed. */
export async function openRegistry(store: ImageStore, options: RegistryOptions = {}): Promise<ImageRegistry> {
  const server = createServer((request, response) => {
    answer(store, options, request, response).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') options.onError?.(error)
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'UNKNOWN', error.message)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  store: ImageStore,
  { make }: RegistryOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'UNSUPPORTED', 'this registry is read-only')
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname === '/v2/' || pathname === '/v2') return void response.writeHead(200).end('{}')
  const [, path = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? []
  if (kind === undefined) return refuse(response, 404, 'NAME_UNKNOWN', 'there is nothing at this path')
  // containerd tells a mirror whose images it asks for.
  const host = searchParams.get('ns') ?? 'docker.io'
  const digest = digestPattern.test(reference)
    ? reference
    : kind === 'manifests'
      ? (await imageNamed(`${host}/${path}:${reference}`))?.manifest.digest
      : undefined
  if (digest === undefined || !(await store.hasBlob(digest)))
    return refuse(response, 404, kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN', `${reference} is not here`)
  const mediaType = kind === 'blobs' ? 'application/octet-stream' : await manifestType(store, digest)
  const file = store.blobFile(digest)
  const { size } = await stat(file)
  response.writeHead(200, {
    'Content-Type': mediaType,
    'Content-Length': size,
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
  })
  if (request.method === 'HEAD') return void response.end()
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), response)

  async function imageNamed(name: string): Promise<NamedImage | undefined> {
    return (await make?.(name)) ?? store.find(name)
  }
}

async function manifestType(store: ImageStore, digest: string): Promise<string> {
  const { mediaType } = await store.readJson<{ readonly mediaType?: string }>(digest)
  return mediaType ?? mediaTypes.manifest
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ code, message }] }))
}
