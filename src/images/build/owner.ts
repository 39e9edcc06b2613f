import { text } from 'node:stream/consumers'
import { ImageError } from '../image-error.ts'
import type { FileTree } from '../store/file-tree.ts'

export interface Owner {
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** The numbers behind `user[:group]`, names being looked up in the image's own /etc/passwd and /etc/group. */
export async function ownerOf(tree: FileTree, words: string): Promise<Owner> {
  const [user = '', group] = words.split(':')
  const passwd = await rowsOf(tree, 'etc/passwd')
  const byName = passwd.find(([name]) => name === user)
  const byNumber = passwd.find(([, , uid]) => uid === user)
  const isNumber = /^\d+$/.test(user)
  if (!isNumber && byName === undefined)
    throw new ImageError(`the image has no user ${JSON.stringify(user)} in /etc/passwd; use a number`)
  const account = byName ?? byNumber
  const uid = byName === undefined ? Number(user) : Number(byName[2])
  const gid = group === undefined ? Number(account?.[3] ?? uid) : await groupOf(tree, group)
  return { uid, gid, home: account?.[5] ?? '/' }
}

async function groupOf(tree: FileTree, group: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group)
  const row = (await rowsOf(tree, 'etc/group')).find(([name]) => name === group)
  if (row === undefined)
    throw new ImageError(`the image has no group ${JSON.stringify(group)} in /etc/group; use a number`)
  return Number(row[2])
}

async function rowsOf(tree: FileTree, path: string): Promise<readonly (readonly string[])[]> {
  const entry = tree.get(tree.resolve(path, { followLast: true }))
  if (entry?.type !== 'file') return []
  return (await text(entry.open())).split('\n').map((line) => line.split(':'))
}
