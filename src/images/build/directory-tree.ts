import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { IgnoreRules } from '../dockerfile/patterns.ts'
import { FileTree, joined } from '../store/file-tree.ts'

const permissionBits = 0o7777

/** A directory of the machine as a tree, root's, without what the rules keep out. Sockets and devices are passed over. */
export async function treeOfDirectory(directory: string, rules?: IgnoreRules): Promise<FileTree> {
  const tree = new FileTree()
  await add('')
  return tree

  async function add(path: string): Promise<boolean> {
    let any = false
    for (const name of (await readdir(join(directory, path))).sort()) {
      const one = joined(path, name)
      const ignored = rules?.ignores(one) === true
      if (ignored && !rules!.hasExceptions) continue
      if (await addOne(one, ignored)) any = true
    }
    return any
  }

  async function addOne(path: string, ignored: boolean): Promise<boolean> {
    const file = join(directory, path)
    const is = await lstat(file)
    const owned = { mode: is.mode & permissionBits, uid: 0, gid: 0 }
    if (is.isDirectory()) {
      const any = await add(path)
      if (ignored && !any) return false
      tree.set(path, { type: 'directory', ...owned })
      return true
    }
    if (ignored) return false
    if (is.isSymbolicLink()) tree.set(path, { type: 'symlink', target: await readlink(file), ...owned })
    else if (is.isFile()) tree.set(path, { type: 'file', size: is.size, open: () => createReadStream(file), ...owned })
    else return false
    return true
  }
}
