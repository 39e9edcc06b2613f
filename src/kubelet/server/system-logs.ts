import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { type Call, plain } from './replies.ts'

/** Kubernetes: the node's own logs lie here, whatever is in them. */
const logsDirectory = '/var/log'
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}
const sniffedBytes = 512

/** Answers with a file below the directory, or with what a folder there has, as Go's file server does. */
export async function serveSystemLogs({ request, reply }: Call, directory = logsDirectory): Promise<void> {
  if (request.method !== 'GET') return plain(reply, 405, '405: Method Not Allowed')
  const { pathname } = new URL(request.url, 'http://kubelet')
  // From its own root, a path leads nowhere above it.
  const path = posix.resolve(`/${decodeURIComponent(pathname.slice('/logs'.length))}`)
  const file = join(directory, path)
  const found = await stat(file).catch(() => undefined)
  if (found === undefined || path.includes('\0')) return plain(reply, 404, '404 page not found\n')
  if (found.isDirectory() !== pathname.endsWith('/')) {
    const name = posix.basename(path)
    reply.head(301, { location: found.isDirectory() ? `${name || 'logs'}/` : `../${name}` })
    return reply.end()
  }
  if (found.isDirectory()) {
    const entries = await readdir(file, { withFileTypes: true })
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort()
    const shown = (name: string) => name.replace(/[&<>"']/g, (character) => escapes[character]!)
    const links = names.map((name) => `<a href="${encodeURI(name).replaceAll('#', '%23')}">${shown(name)}</a>\n`)
    reply.head(200, { 'content-type': 'text/html; charset=utf-8' })
    reply.end(`<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links.join('')}</pre>\n`)
    return
  }
  if (!found.isFile()) return plain(reply, 404, '404 page not found\n')
  reply.head(200, {
    'content-type': await contentTypeOf(file),
    'content-length': String(found.size),
    'last-modified': found.mtime.toUTCString(),
  })
  // What is written meanwhile is not part of what was told.
  if (found.size > 0)
    for await (const chunk of createReadStream(file, { end: found.size - 1 }))
      if (!reply.write(chunk as Buffer)) await reply.drained()
  reply.end()
}

/** Kubernetes: a log says by its beginning whether it is text. */
async function contentTypeOf(file: string): Promise<string> {
  await using handle = await open(file)
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(sniffedBytes), 0, sniffedBytes, 0)
  const start = buffer.subarray(0, bytesRead)
  if (start[0] === 0x1f && start[1] === 0x8b) return 'application/x-gzip'
  const isBinary = start.some((byte) => byte <= 8 || byte === 11 || (byte >= 14 && byte <= 31 && byte !== 27))
  return isBinary ? 'application/octet-stream' : 'text/plain; charset=utf-8'
}
