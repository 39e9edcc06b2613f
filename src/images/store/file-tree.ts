import type { Readable } from 'node:stream'
import { ImageError } from '../image-error.ts'

interface Ownership {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}
export type FileEntry = Ownership & { readonly type: 'file'; readonly size: number; readonly open: () => Readable }
export type DirectoryEntry = Ownership & { readonly type: 'directory' }
export type LinkEntry = Ownership & { readonly type: 'symlink'; readonly target: string }
export type TreeEntry = FileEntry | DirectoryEntry | LinkEntry
/** What a layer does to the tree below it: entries put in place, and paths taken away. */
export type Changes = ReadonlyMap<string, TreeEntry | 'removed'>
const linksMax = 40

/** A path below the root without `.`, `..` and doubled slashes; never leads out of the root. */
export function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}
export const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')))
export const lastPartOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)
export const joined = (directory: string, name: string) => (directory === '' ? name : `${directory}/${name}`)

/** Files by path, without writing them anywhere. Invariant: what holds a path is a directory, never a link. */
export class FileTree {
  readonly #entries = new Map<string, TreeEntry>()

  get(path: string): TreeEntry | undefined {
    return path === '' ? { type: 'directory', mode: 0o755, uid: 0, gid: 0 } : this.#entries.get(path)
  }

  /** All paths with their entries, in order of the paths. */
  entries(): readonly (readonly [string, TreeEntry])[] {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  below(path: string): readonly (readonly [string, TreeEntry])[] {
    return path === '' ? this.entries() : this.entries().filter(([one]) => one.startsWith(`${path}/`))
  }

  set(path: string, entry: TreeEntry): void {
    const known = this.#entries.get(path)
    if (known?.type === 'directory' && entry.type !== 'directory') this.remove(path)
    this.#entries.set(path, entry)
  }

  remove(path: string): void {
    this.#entries.delete(path)
    this.clear(path)
  }

  /** Takes away all that is below a directory. */
  clear(path: string): void {
    for (const one of this.#entries.keys()) if (one.startsWith(`${path}/`)) this.#entries.delete(one)
  }

  /** Where a path leads when links are followed, as a process with this root would find it. */
  resolve(path: string, { followLast }: { readonly followLast: boolean }): string {
    let rest = path.split('/')
    let at = ''
    for (let links = 0; rest.length > 0; ) {
      const [part = '', ...others] = rest
      rest = others
      if (part === '' || part === '.') continue
      if (part === '..') {
        at = parentOf(at)
        continue
      }
      const next = joined(at, part)
      const entry = this.#entries.get(next)
      if (entry?.type === 'symlink' && (followLast || rest.some((one) => one !== ''))) {
        if (++links > linksMax) throw new ImageError(`too many links at ${path}; take the circle of links away`)
        if (entry.target.startsWith('/')) at = ''
        rest = [...entry.target.split('/'), ...rest]
      } else at = next
    }
    return at
  }
}
