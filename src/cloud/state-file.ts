import { open, readFile, rename } from 'node:fs/promises'
import { type CloudState, newCloud, stateFormat } from './state.ts'

/**
 * The state of a cloud in a file: what it was when it was last kept, or a new one, and how it is kept. A state is on the disk
 * before `save` resolves, and never half of it.
 */
export async function openStateFile(
  file: string,
  name: string,
): Promise<{ readonly state: CloudState; readonly save: (state: CloudState) => Promise<void> }> {
  return {
    state: (await read(file)) ?? newCloud(name),
    async save(state) {
      const beside = `${file}.next`
      const handle = await open(beside, 'w', 0o600)
      try {
        await handle.writeFile(`${JSON.stringify(state, undefined, 1)}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(beside, file)
    },
  }
}

async function read(file: string): Promise<CloudState | undefined> {
  let state: CloudState
  try {
    state = JSON.parse(await readFile(file, 'utf8')) as CloudState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`the cloud's state ${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  if (state.format !== stateFormat)
    throw new Error(`the cloud's state ${file} has format ${state.format}; this version knows ${stateFormat}`)
  return state
}
