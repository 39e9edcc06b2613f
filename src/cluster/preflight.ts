import { access, constants, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClusterSettings } from './config/settings.ts'

/** Programs that real containers need, with the Debian package each comes from. */
const programs = [
  ['containerd', 'containerd'],
  ['runc', 'runc'],
  ['ctr', 'containerd'],
  ['nft', 'nftables'],
  ['conntrack', 'conntrack'],
  ['ip', 'iproute2'],
  ['iptables', 'iptables'],
  ['mount', 'mount'],
  ['nsenter', 'util-linux'],
] as const
const cniDirectory = '/usr/lib/cni'

/** What the machine lacks for these settings, as one sentence that says what to do; empty when it lacks nothing. */
export async function preflight(settings: ClusterSettings): Promise<string> {
  if (settings.runtime !== 'containerd' || settings.without.includes('kubelet')) return ''
  const path = (process.env.PATH ?? '').split(':')
  const missing = new Set<string>()
  for (const [program, debianPackage] of programs) {
    const found = await Promise.all(
      [...path, '/usr/sbin', '/sbin'].map((directory) => isExecutable(join(directory, program))),
    )
    if (!found.includes(true)) missing.add(debianPackage)
  }
  for (const plugin of ['bridge', 'host-local', 'loopback', 'portmap']) {
    if (!(await isExecutable(join(cniDirectory, plugin)))) missing.add('containernetworking-plugins')
  }
  if (missing.size > 0)
    return `real containers need programs that are missing here; run \`apt-get install -y ${[...missing].join(' ')}\`, or use --runtime simulated`
  const filesystems = await readFile('/proc/filesystems', 'utf8').catch(() => '')
  if (!filesystems.includes('overlay'))
    return 'real containers need the overlay filesystem, which this kernel lacks; use --runtime simulated'
  return ''
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
