import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where a kubelet keeps the directories that stand for volumes of its node. */
export function localVolumesDirectory(rootDirectory: string): string {
  return join(rootDirectory, 'local-volumes')
}

/** Makes the directory of a volume, open to whatever user its pods run as. */
export async function makeLocalVolume(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  // The umask has taken bits away: set them again.
  await chmod(path, 0o777)
}

/** Whether a path is that of a directory which the kubelet makes itself; it is next to the one of the pods. */
export function isOwnVolume(path: string, podsDirectory: string): boolean {
  return dirname(path) === localVolumesDirectory(dirname(podsDirectory))
}
