import { hasWildcard, patternExpression } from '../dockerfile/patterns.ts'
import { ImageError } from '../image-error.ts'
import { cleanPath, type FileTree, joined, lastPartOf, parentOf, type TreeEntry } from '../store/file-tree.ts'

export interface CopyRequest {
  readonly from: FileTree
  /** What the source is called in messages. */
  readonly fromName: string
  readonly sources: readonly string[]
  /** Absolute or below `workingDirectory`; with a slash at its end it is a directory. */
  readonly target: string
  readonly workingDirectory: string
  readonly to: FileTree
  readonly owner: { readonly uid: number; readonly gid: number }
  readonly mode?: number
}

/** What COPY puts into an image: files as they are, directories by their contents. */
export function planCopy(request: CopyRequest): ReadonlyMap<string, TreeEntry> {
  const { from, to, sources, owner, mode } = request
  const changes = new Map<string, TreeEntry>()
  const found = sources.flatMap((source) => matchesOf(from, source, request.fromName))
  const absolute = request.target.startsWith('/') ? request.target : `${request.workingDirectory}/${request.target}`
  const target = to.resolve(cleanPath(absolute), { followLast: true })
  const isDirectory = /(^|\/)\.{0,2}$/.test(request.target) || to.get(target)?.type === 'directory' || found.length > 1
  if (found.length > 1 && !/(^|\/)\.{0,2}$/.test(request.target) && to.get(target)?.type !== 'directory')
    throw new ImageError(`several files are copied to ${request.target}, which is no directory; end it with a slash`)
  const put = (path: string, entry: TreeEntry) => {
    addDirectories(changes, to, parentOf(path), owner)
    const own = { ...entry, ...owner, ...(mode === undefined || entry.type === 'symlink' ? {} : { mode }) }
    if (entry.type === 'directory' && to.get(path)?.type !== 'directory' && to.get(path) !== undefined)
      throw new ImageError(`a directory cannot be copied over the file /${path}`)
    if (entry.type !== 'directory' && to.get(path)?.type === 'directory')
      throw new ImageError(`a file cannot be copied over the directory /${path}`)
    changes.set(path, own)
  }
  for (const path of found) {
    const entry = from.get(path)!
    if (entry.type !== 'directory') {
      put(isDirectory ? joined(target, lastPartOf(path)) : target, entry)
      continue
    }
    addDirectories(changes, to, target, owner)
    for (const [below, one] of from.below(path)) {
      const place = joined(target, path === '' ? below : below.slice(path.length + 1))
      put(realPlace(to, place), one)
    }
  }
  return changes
}

/** Links of the image that stand for directories are followed, links at the end are replaced. */
function realPlace(to: FileTree, path: string): string {
  return to.resolve(path, { followLast: false })
}

/** The paths that a source of COPY names; throws when there is none. */
export function matchesOf(from: FileTree, source: string, fromName: string): readonly string[] {
  const path = cleanPath(source)
  if (hasWildcard(path)) {
    const expression = patternExpression(path)
    const paths = from.entries().flatMap(([one]) => (expression.test(one) ? [one] : []))
    if (paths.length > 0) return paths
  } else {
    const real = from.resolve(path, { followLast: true })
    if (from.get(real) !== undefined) return [real]
  }
  throw new ImageError(`${JSON.stringify(source)} is not in ${fromName}, or .dockerignore keeps it out`)
}

/** The directories that lead to a path, where the image lacks them. */
export function addDirectories(
  changes: Map<string, TreeEntry>,
  to: FileTree,
  path: string,
  owner: { readonly uid: number; readonly gid: number },
): void {
  if (path === '' || changes.has(path) || to.get(path)?.type === 'directory') return
  if (to.get(path) !== undefined) throw new ImageError(`/${path} is a file, and a directory is needed there`)
  addDirectories(changes, to, parentOf(path), owner)
  changes.set(path, { type: 'directory', mode: 0o755, ...owner })
}
