import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { Header } from 'tar-stream'
import { ImageError } from '../image-error.ts'
import { type Descriptor, mediaTypes } from '../oci.ts'
import { type Changes, cleanPath, type FileTree, joined, lastPartOf, parentOf, type TreeEntry } from './file-tree.ts'
import type { ImageStore } from './image-store.ts'
import { type TarItem, tarBytes, tarParts } from './tar.ts'
import { compressionOf, readUnpacked } from './unpack.ts'

const whiteout = '.wh.'
const opaque = '.wh..wh..opq'
const permissionBits = 0o7777

/** Writes changes as a layer: in order of their paths, the same bytes for the same changes. */
export function writeLayer(store: ImageStore, changes: Changes): Promise<Descriptor> {
  const paths = [...changes.keys()].sort()
  return store.addBlob(tarBytes(paths.map((path) => itemOf(path, changes.get(path)!))), mediaTypes.layer)
}

function itemOf(path: string, entry: TreeEntry | 'removed'): TarItem {
  if (entry === 'removed')
    return { header: { name: joined(parentOf(path), `${whiteout}${lastPartOf(path)}`), type: 'file', size: 0 } }
  const { mode, uid, gid } = entry
  const owned = { mode: mode & permissionBits, uid, gid }
  if (entry.type === 'directory') return { header: { name: `${path}/`, type: 'directory', ...owned } }
  if (entry.type === 'symlink')
    return { header: { name: path, type: 'symlink', linkname: entry.target, ...owned, mode: 0o777 } }
  return { header: { name: path, type: 'file', size: entry.size, ...owned }, open: entry.open }
}

/** Puts a layer, and those before it, into one picture of the files: whiteouts take away, hard links become files. */
export async function applyLayer(store: ImageStore, tree: FileTree, layer: Descriptor, diffId: string): Promise<void> {
  const file = await plainLayer(store, layer, diffId)
  const fresh = new Set<string>()
  for await (const { header, offset } of tarParts(createReadStream(file, { highWaterMark: 1 << 20 }))) {
    const asked = cleanPath(header.name)
    if (asked === '') continue
    const directory = tree.resolve(parentOf(asked), { followLast: true })
    const name = lastPartOf(asked)
    if (name === opaque) {
      for (const [path] of tree.below(directory)) if (!fresh.has(path)) tree.remove(path)
      continue
    }
    if (name.startsWith(whiteout)) {
      tree.remove(joined(directory, name.slice(whiteout.length)))
      continue
    }
    addParents(tree, directory)
    const path = joined(directory, name)
    const entry = entryOf(tree, header, file, offset)
    if (entry === undefined) continue
    tree.set(path, entry)
    fresh.add(path)
  }
}

function entryOf(tree: FileTree, header: Header, file: string, offset: number): TreeEntry | undefined {
  const { uid, gid, size, type } = header
  const owned = { mode: header.mode & permissionBits, uid, gid }
  if (type === 'directory') return { type: 'directory', ...owned }
  if (type === 'symlink') return { type: 'symlink', target: header.linkname, ...owned }
  if (type === 'link') return tree.get(tree.resolve(cleanPath(header.linkname), { followLast: false }))
  // Device nodes and pipes are not rebuilt; containers are given theirs by the runtime.
  if (type !== 'file' && type !== 'contiguous-file') return undefined
  const open = () =>
    size === 0 ? Readable.from([]) : createReadStream(file, { start: offset, end: offset + size - 1 })
  return { type: 'file', size, open, ...owned }
}

/** Archives may leave out the directories that hold their files. */
function addParents(tree: FileTree, directory: string): void {
  if (directory === '' || tree.get(directory)?.type === 'directory') return
  addParents(tree, parentOf(directory))
  tree.set(directory, { type: 'directory', mode: 0o755, uid: 0, gid: 0 })
}

/** The uncompressed layer as a file: its digest is the diff id, so it lies in the store like any blob. */
async function plainLayer(store: ImageStore, { digest }: Descriptor, diffId: string): Promise<string> {
  const file = store.blobFile(digest)
  if (digest === diffId) return file
  if (!(await store.hasBlob(diffId))) {
    const compression = await compressionOf(file)
    if (compression === 'bzip2' || compression === 'xz')
      throw new ImageError(`layer ${digest} is compressed with ${compression}; build it with gzip or zstd`)
    await store.addBlob(readUnpacked(file, compression), mediaTypes.layer, diffId)
  }
  return store.blobFile(diffId)
}
