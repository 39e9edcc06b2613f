import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { localVolumesDirectory, makeLocalVolume } from '../volumes/local-volume.ts'
import { type Call, json, plain } from './replies.ts'

/** Unlike Kubernetes: POST /localVolumes/NAME makes a directory for a volume and tells its path, DELETE takes it away. */
export async function serveLocalVolume({ kubelet, request, reply, rest }: Call): Promise<void> {
  const [name = ''] = rest
  // Names of volumes only: nothing that leads elsewhere.
  if (rest.length !== 1 || !/^pvc-[0-9a-f-]+$/.test(name)) return plain(reply, 400, 'not the name of a local volume')
  const directory = localVolumesDirectory(kubelet.settings.rootDirectory)
  const path = join(directory, name)
  if (request.method === 'POST') {
    await mkdir(directory, { recursive: true, mode: 0o755 })
    await makeLocalVolume(path)
    return json(reply, { path })
  }
  if (request.method !== 'DELETE') return plain(reply, 405, '405: Method Not Allowed')
  await rm(path, { recursive: true, force: true })
  json(reply, { path })
}
