import { access, chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const places = ['/usr/bin/crun', '/usr/local/bin/crun']

/**
 * The crun that containerd is to run, if the machine has one. crun refuses hybrid cgroups as soon as version 2 has a
 * controller of its own; there it is started by a script that hides version 2 from it, in a mount namespace apart.
 */
export async function crunFor(directory: string): Promise<string | undefined> {
  let crun: string | undefined
  for (const place of places) if (crun === undefined && (await exists(place))) crun = place
  if (crun === undefined) return undefined
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '))
  const unified = mounts.find(([, , type]) => type === 'cgroup2')?.[1]
  const isHybrid = unified !== undefined && mounts.some(([, , type]) => type === 'cgroup')
  if (!isHybrid) return crun
  const script = join(directory, 'crun')
  const inner = `umount ${unified} 2>/dev/null; exec ${crun} "$@"`
  // Mounts made later still arrive in containers: the namespace follows the machine's.
  await writeFile(script, `#!/bin/sh\nexec unshare --mount --propagation slave sh -c '${inner}' crun "$@"\n`)
  await chmod(script, 0o755)
  return script
}
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
