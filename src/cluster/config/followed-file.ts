import { statSync } from 'node:fs'
import { readFile, watch } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FollowedFile } from '../../apiserver/index.ts'
import { type Clock, parseYamlDocuments, yamlText } from '../../machinery/index.ts'

/** Kubernetes: looked at so often, whatever the file system tells. */
const lookEveryMs = 60_000

/** A file on this machine, followed by what its directory tells and once a minute besides. Of several documents it is the one of the kind. */
export function followedFile(path: string, kind: string, clock: Clock): FollowedFile {
  return {
    async read() {
      const text = await readFile(path, 'utf8')
      if (!/^---\s*$/m.test(text)) return text
      const all = parseYamlDocuments(text).map(({ value }) => value as { readonly kind?: unknown } | null)
      const own = all.find((one) => one?.kind === kind)
      // Alone in its file it is read as it is, so that what is wrong with it is told by its own lines.
      return all.length < 2 || own === undefined ? text : yamlText(own)
    },
    changes: (signal) => pathChanges(dirname(path), clock, signal),
  }
}

/** Yields whenever a directory tells of something, and once a minute besides. Ends with the signal. */
export async function* pathChanges(directory: string, clock: Clock, signal: AbortSignal): AsyncIterable<void> {
  let wake = () => {}
  let isTold = false
  const told = () => {
    isTold = true
    wake()
  }
  void notices(directory, signal, told)
  signal.addEventListener('abort', told, { once: true })
  while (!signal.aborted) {
    if (!isTold)
      await new Promise<void>((resolve) => {
        const timer = clock.after(lookEveryMs, resolve)
        wake = () => {
          timer[Symbol.dispose]()
          resolve()
        }
      })
    isTold = false
    if (!signal.aborted) yield
  }
}

/** What keeps a file from being read, as Kubernetes words it. */
export function fileProblem(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? undefined : 'must be a regular file'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : String(error)
    return `error loading file: stat ${path}: ${why}`
  }
}

/** Kubernetes: files are replaced as a whole (links of mounted volumes are turned over), so that it is the directory that tells. */
async function notices(directory: string, signal: AbortSignal, told: () => void): Promise<void> {
  try {
    for await (const _ of watch(directory, { signal })) told()
  } catch {
    // Without notices it is looked at once a minute.
  }
}
