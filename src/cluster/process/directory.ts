import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EncryptionChoice } from '../config/encryption.ts'
import { type ClusterSettings, clustersMax } from '../config/settings.ts'
import { writeAtomically } from '../write-atomically.ts'
import type { ProcessIdentity } from './identity.ts'
import { oneAtATime } from './one-at-a-time.ts'

/** Where things lie in a cluster's data directory. */
export function layoutOf(dataDirectory: string) {
  const at = (...parts: string[]) => join(dataDirectory, ...parts)
  return {
    settings: at('settings.json'),
    /** The keys that values are encrypted with, where they are. */
    encryption: at('encryption.json'),
    kubeconfig: at('kubeconfig'),
    pki: at('pki'),
    store: at('store'),
    node: at('node'),
    /** The nodes after the first, a directory each. */
    furtherNodes: at('nodes'),
    logs: at('logs'),
    run: at('run'),
    /** Who supervises, who serves, and how far the start has come. */
    state: at('run', 'state.json'),
    /** Simulated nodes whose power is off. */
    stoppedNodes: at('run', 'stopped-nodes.json'),
    /** How many instances of its cloud were made for the cluster. */
    cloudInstances: at('cloud-instances.json'),
  }
}

/** What the supervisor and the cluster process tell about themselves. */
export interface ClusterState {
  readonly supervisor?: ProcessIdentity
  readonly cluster?: ProcessIdentity
  readonly containerd?: ProcessIdentity
  /** What the start is busy with, in words for people. */
  readonly stage: string
  readonly ready: boolean
  /** Why the last attempt failed; empty when it did not. */
  readonly problem: string
  readonly restarts: number
  /** Where the scheduler, the controllers and the proxy tell about themselves. */
  readonly components?: Readonly<Record<string, string>>
}

export async function readState(dataDirectory: string): Promise<ClusterState | undefined> {
  return readJson(layoutOf(dataDirectory).state)
}

/** Changes what is told, and nothing else of it: the command, the supervisor and the cluster process may tell at once. */
export function writeState(dataDirectory: string, change: Partial<ClusterState>): Promise<void> {
  const file = layoutOf(dataDirectory).state
  return oneAtATime(file, async () => {
    const known = (await readJson<ClusterState>(file)) ?? { stage: '', ready: false, problem: '', restarts: 0 }
    await writeAtomically(file, `${JSON.stringify({ ...known, ...change })}\n`, 0o644)
  })
}

export async function readSettings(dataDirectory: string): Promise<ClusterSettings | undefined> {
  return readJson(layoutOf(dataDirectory).settings)
}

export async function writeSettings(settings: ClusterSettings): Promise<void> {
  await mkdir(settings.dataDirectory, { recursive: true, mode: 0o711 })
  await writeAtomically(layoutOf(settings.dataDirectory).settings, `${JSON.stringify(settings, null, 2)}\n`, 0o644)
}

/** How values are encrypted at rest; undefined where they are not. */
export async function readEncryptionChoice(dataDirectory: string): Promise<EncryptionChoice | undefined> {
  return readJson(layoutOf(dataDirectory).encryption)
}

export async function writeEncryptionChoice(dataDirectory: string, choice: EncryptionChoice): Promise<void> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o711 })
  await writeAtomically(layoutOf(dataDirectory).encryption, `${JSON.stringify(choice, null, 2)}\n`, 0o600)
}

/** Where the clusters of this machine's user are, by name: a directory each, or a note of where it is instead. */
export class ClusterHome {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** Where the machine's images are; no cluster can have this name. */
  get imagesDirectory(): string {
    return join(this.#root, '.images')
  }

  /** Where a cloud of the machine keeps everything. */
  cloudDirectory(name: string): string {
    return join(this.#root, '.clouds', name)
  }
  /** The names of the clouds there are. */
  async clouds(): Promise<readonly string[]> {
    const found = await readdir(join(this.#root, '.clouds'), { withFileTypes: true }).catch(() => [])
    return found.filter((one) => one.isDirectory()).map((one) => one.name)
  }

  /** The data directory of a cluster, whether it exists yet or not. */
  async directoryOf(name: string): Promise<string> {
    const elsewhere = await readJson<{ dataDirectory: string }>(join(this.#root, name, 'location.json'))
    return elsewhere?.dataDirectory ?? join(this.#root, name)
  }

  /** Remembers that a cluster keeps its data somewhere else. */
  async setDirectory(name: string, dataDirectory: string): Promise<void> {
    if (dataDirectory === join(this.#root, name)) return
    await writeAtomically(join(this.#root, name, 'location.json'), `${JSON.stringify({ dataDirectory })}\n`, 0o644)
  }

  async settingsOf(name: string): Promise<ClusterSettings | undefined> {
    return readSettings(await this.directoryOf(name))
  }

  async names(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#root, { withFileTypes: true }))
        .filter((one) => one.isDirectory())
        .map((one) => one.name)
    } catch {
      return []
    }
  }

  /** Where the clusters are; what two of them must not choose at once is chosen under this name. */
  get root(): string {
    return this.#root
  }

  /** The settings of the clusters but one. */
  async others(name: string): Promise<readonly ClusterSettings[]> {
    const all = await Promise.all((await this.names()).map((one) => (one === name ? undefined : this.settingsOf(one))))
    return all.filter((one) => one !== undefined)
  }

  /** The lowest network number that no other cluster of this home has and that is unused; undefined when all are taken. */
  async freeIndex(name: string, isUnused: (index: number) => Promise<boolean>): Promise<number | undefined> {
    const taken = new Set((await this.others(name)).map(({ network }) => network.index))
    for (let index = 0; index < clustersMax; index++) if (!taken.has(index) && (await isUnused(index))) return index
    return undefined
  }

  async forget(name: string): Promise<void> {
    await rm(await this.directoryOf(name), { recursive: true, force: true })
    await rm(join(this.#root, name), { recursive: true, force: true })
  }
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR')
      return undefined
    throw error
  }
}
