import { join } from 'node:path'
import { ImageError } from '../image-error.ts'
import { mediaTypes } from '../oci.ts'
import { cleanPath, FileTree, joined, type TreeEntry } from '../store/file-tree.ts'
import type { ImageStore } from '../store/image-store.ts'
import { applyLayer } from '../store/layer.ts'
import { compressionOf, isTar, readUnpacked } from '../store/unpack.ts'
import { addDirectories, type CopyRequest, matchesOf, planCopy } from './copy.ts'

export interface AddRequest extends CopyRequest {
  readonly store: ImageStore
  /** Where the source tree lies on the machine. */
  readonly directory: string
  readonly ownerIsGiven: boolean
}

/** What ADD puts into an image: tar archives by their contents, all else as COPY does. */
export async function planAdd(request: AddRequest): Promise<ReadonlyMap<string, TreeEntry>> {
  const archives: string[] = []
  const plain: string[] = []
  for (const source of request.sources) {
    for (const path of matchesOf(request.from, source, request.fromName)) {
      const isArchive = request.from.get(path)?.type === 'file' && (await isTar(join(request.directory, path)))
      if (isArchive) archives.push(path)
      else plain.push(path)
    }
  }
  const changes = new Map<string, TreeEntry>(plain.length === 0 ? [] : planCopy({ ...request, sources: plain }))
  for (const path of archives) {
    const compression = await compressionOf(join(request.directory, path))
    if (compression === 'bzip2' || compression === 'xz')
      throw new ImageError(`${path} is compressed with ${compression}; gzip and zstd are understood`)
    const bytes = readUnpacked(join(request.directory, path), compression)
    const layer = await request.store.addBlob(bytes, mediaTypes.layer)
    const unpacked = new FileTree()
    await applyLayer(request.store, unpacked, layer, layer.digest)
    addTree(changes, unpacked, request)
  }
  return changes
}

function addTree(changes: Map<string, TreeEntry>, unpacked: FileTree, request: AddRequest): void {
  const { to, target: asked, workingDirectory, owner } = request
  const path = cleanPath(asked.startsWith('/') ? asked : `${workingDirectory}/${asked}`)
  const target = to.resolve(path, { followLast: true })
  addDirectories(changes, to, target, owner)
  for (const [below, entry] of unpacked.entries()) {
    const place = to.resolve(joined(target, below), { followLast: false })
    changes.set(place, request.ownerIsGiven ? { ...entry, ...owner } : entry)
  }
}
