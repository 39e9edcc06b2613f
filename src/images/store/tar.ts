import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract, type Header, pack } from 'tar-stream'

/** One entry to be written: its bytes are opened when their turn comes. */
export interface TarItem {
  readonly header: Pick<Header, 'name' | 'type'> & Partial<Header>
  readonly open?: () => Readable
}
/** One entry that was read; its bytes begin at `offset` of the archive. */
export interface TarPart {
  readonly header: Header
  readonly offset: number
  readonly bytes: AsyncIterable<Uint8Array>
}
const epoch = { getTime: () => 0 } as Date

/** An archive that depends on its entries alone: no times, no names of owners. */
export async function* tarBytes(items: AsyncIterable<TarItem> | Iterable<TarItem>): AsyncGenerator<Uint8Array> {
  const archive = pack()
  const write = async () => {
    for await (const { header, open } of items) {
      const whole = { uid: 0, gid: 0, mode: 0o644, uname: '', gname: '', ...header, mtime: epoch }
      if (open === undefined || (whole.size ?? 0) === 0) {
        await new Promise<void>((resolve, reject) =>
          archive.entry(whole, '', (error) => (error ? reject(error) : resolve())),
        )
      } else {
        const ended = Promise.withResolvers<void>()
        const sink = archive.entry(whole, (error) => (error ? ended.reject(error) : ended.resolve()))
        await pipeline(open(), sink as unknown as NodeJS.WritableStream)
        await ended.promise
      }
    }
    archive.finalize()
  }
  const writing = write().catch((error) => archive.destroy(error as Error))
  for await (const chunk of archive) yield chunk as Uint8Array
  await writing
}

/** The entries of an archive in their order; those whose bytes are not read are passed over. */
export async function* tarParts(source: Readable): AsyncGenerator<TarPart> {
  const archive = extract()
  const reading = pipeline(source, archive as unknown as NodeJS.WritableStream)
  reading.catch(() => {})
  for await (const entry of archive) {
    const { header } = entry
    let read = false
    const bytes = (async function* () {
      read = true
      for await (const chunk of entry) yield chunk as Uint8Array
    })()
    yield { header, offset: (header as Header & { readonly byteOffset: number }).byteOffset, bytes }
    if (!read) entry.resume()
  }
  await reading
}
