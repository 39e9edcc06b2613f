import { readFile } from 'node:fs/promises'
import { layoutOf } from '../process/directory.ts'
import { writeAtomically } from '../write-atomically.ts'

/** Simulated nodes whose power is off. */
export async function readStoppedNodes(dataDirectory: string): Promise<readonly string[]> {
  try {
    return JSON.parse(await readFile(layoutOf(dataDirectory).stoppedNodes, 'utf8')) as readonly string[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export async function writeStoppedNodes(dataDirectory: string, names: readonly string[]): Promise<void> {
  await writeAtomically(layoutOf(dataDirectory).stoppedNodes, `${JSON.stringify(names)}\n`, 0o644)
}
