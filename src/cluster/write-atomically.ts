import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes beside and renames: readers see the old file or the new one. */
export async function writeAtomically(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  await writeFile(temporary, content, { mode })
  await rename(temporary, file)
}
