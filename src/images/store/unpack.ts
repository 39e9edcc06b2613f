import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz'

/** How a file is compressed, by its first bytes. */
export async function compressionOf(file: string): Promise<Compression> {
  await using handle = await open(file)
  const head = Buffer.alloc(6)
  await handle.read(head, 0, 6, 0)
  const hex = head.toString('hex')
  if (hex.startsWith('1f8b')) return 'gzip'
  if (hex.startsWith('28b52ffd')) return 'zstd'
  if (hex.startsWith('425a68')) return 'bzip2'
  if (hex === 'fd377a585a00') return 'xz'
  return 'none'
}

/** Whether a file is a tar archive, whose magic lies in its first header. */
export async function isTar(file: string): Promise<boolean> {
  const compression = await compressionOf(file)
  if (compression === 'bzip2' || compression === 'xz') return /\.(tar|tgz|tbz|txz)(\.\w+)?$/.test(file)
  let head = Buffer.alloc(0)
  const source = readUnpacked(file, compression)
  try {
    for await (const chunk of source) {
      head = Buffer.concat([head, chunk as Buffer])
      if (head.length >= 512) break
    }
  } catch {
    return false
  } finally {
    source.destroy()
  }
  return head.toString('latin1', 257, 262) === 'ustar'
}

/** The bytes of a file, without its gzip or zstd compression. */
export function readUnpacked(file: string, compression: Compression): Readable {
  const plain = createReadStream(file, { highWaterMark: 1 << 20 })
  if (compression === 'none') return plain
  const decompress = compression === 'gzip' ? createGunzip() : createZstdDecompress()
  plain.on('error', (error) => decompress.destroy(error))
  decompress.on('close', () => plain.destroy())
  return plain.pipe(decompress)
}
