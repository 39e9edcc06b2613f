import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ManifestDirectory } from '../../apiserver/index.ts'
import type { Clock } from '../../machinery/index.ts'
import { pathChanges } from './followed-file.ts'

const manifest = /\.(?:ya?ml|json)$/i

/** A directory of manifests on this machine, followed by what it tells and once a minute besides. */
export function followedDirectory(path: string, clock: Clock): ManifestDirectory {
  return {
    path,
    async read() {
      const entries = await readdir(path, { withFileTypes: true }).catch((error: Error) => {
        throw new Error(`failed to read manifest directory ${JSON.stringify(path)}: ${error.message}`, { cause: error })
      })
      const names = entries.filter((entry) => !entry.isDirectory() && manifest.test(entry.name)).map(({ name }) => name)
      return Promise.all(
        names.sort().map(async (name) => {
          const file = join(path, name)
          const text = await readFile(file, 'utf8').catch((error: Error) => {
            throw new Error(`failed to read file ${JSON.stringify(file)}: ${error.message}`, { cause: error })
          })
          return { path: file, text }
        }),
      )
    },
    changes: (signal) => pathChanges(path, clock, signal),
  }
}
