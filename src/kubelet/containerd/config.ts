import { join } from 'node:path'
import { addressAt, ipText, parseCidr } from '../../machinery/index.ts'
import { pauseImage } from './pause-image.ts'

/** One node's own containerd: where it lives and the pod network it gives. */
export interface ContainerdSettings {
  /** Tells nodes of one machine apart, in names of bridges and tables; a DNS label. */
  readonly name: string
  /** Kept over restarts: images, snapshots, network leases. */
  readonly directory: string
  /** Lost with a reboot: sockets and runtime state. Short: a socket path holds at most 107 bytes. */
  readonly runDirectory: string
  /** The node's pod CIDRs, one per IP family. */
  readonly podCidrs: readonly string[]
  /** What pods reach without their address being hidden: the whole cluster's pod range. */
  readonly clusterCidr: string
  readonly mtu?: number
  /** containerd's certs.d: one directory per registry host; its own default when left out. */
  readonly registryDirectory?: string
  /** Folders of the programs; the Debian places when left out. */
  readonly cniBinDirectory?: string
  /** crun as second handler; left out where the machine has none or cannot run it. */
  readonly crunBinary?: string
}
const interfaceNameMax = 15
const mtuDefault = 1500

export const mtuOf = ({ mtu }: ContainerdSettings) => mtu ?? mtuDefault

export const socketOf = (settings: ContainerdSettings) => join(settings.runDirectory, 'containerd.sock')
export const cniDirectoryOf = (settings: ContainerdSettings) => join(settings.directory, 'cni', 'net.d')
/** The bridge of a node's pods: the name, hashed when it does not fit an interface name. */
export function bridgeOf({ name }: ContainerdSettings): string {
  const plain = `cox-${name}`
  if (plain.length <= interfaceNameMax) return plain
  let hash = 0x811c9dc5
  for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0
  return `cox-${name.slice(0, 4)}${hash.toString(36)}`.slice(0, interfaceNameMax)
}

/** The node's own addresses on the bridge, the first of each range, with their prefix lengths. */
export function gatewaysOf({ podCidrs }: ContainerdSettings): readonly string[] {
  return podCidrs.map((cidr) => {
    const range = parseCidr(cidr)
    if (range === undefined) throw new Error(`${cidr} is not a range of addresses`)
    return `${ipText(addressAt(range, 1))}/${range.bits}`
  })
}

/** containerd's configuration file. */
export function containerdConfig(settings: ContainerdSettings): string {
  const text = (value: string) => JSON.stringify(value)
  const cri = 'plugins."io.containerd.grpc.v1.cri"'
  const crun = settings.crunBinary
  const lines = [
    'version = 2',
    `root = ${text(join(settings.directory, 'root'))}`,
    `state = ${text(settings.runDirectory)}`,
    'disabled_plugins = [',
    ...['aufs', 'btrfs', 'devmapper', 'zfs'].map((name) => `  "io.containerd.snapshotter.v1.${name}",`),
    ']',
    '[grpc]',
    `  address = ${text(socketOf(settings))}`,
    '[plugins."io.containerd.internal.v1.opt"]',
    `  path = ${text(join(settings.directory, 'opt'))}`,
    `[${cri}]`,
    `  sandbox_image = ${text(pauseImage)}`,
    '  stream_server_address = "127.0.0.1"',
    '  stream_server_port = "0"',
    '  disable_apparmor = true',
    // Without CAP_SYS_RESOURCE no score may be lowered, and no sandbox would start.
    '  restrict_oom_score_adj = true',
    '  netns_mounts_under_state_dir = true',
    `  [${cri}.containerd]`,
    '    default_runtime_name = "runc"',
    '    snapshotter = "overlayfs"',
    `    [${cri}.containerd.runtimes.runc]`,
    '      runtime_type = "io.containerd.runc.v2"',
    ...(crun === undefined
      ? []
      : [
          `    [${cri}.containerd.runtimes.crun]`,
          '      runtime_type = "io.containerd.runc.v2"',
          `      [${cri}.containerd.runtimes.crun.options]`,
          `        BinaryName = ${text(crun)}`,
        ]),
    `  [${cri}.cni]`,
    `    bin_dir = ${text(settings.cniBinDirectory ?? '/usr/lib/cni')}`,
    `    conf_dir = ${text(cniDirectoryOf(settings))}`,
    `  [${cri}.registry]`,
    `    config_path = ${text(settings.registryDirectory ?? '/etc/containerd/certs.d')}`,
  ]
  return `${lines.join('\n')}\n`
}

/** The pod network: a bridge per node with addresses from the node's range, host ports, bandwidth limits. */
export function cniConflist(settings: ContainerdSettings, plugins: { readonly hostPorts: boolean }): string {
  const defaults = settings.podCidrs.map((cidr) => ({ dst: cidr.includes(':') ? '::/0' : '0.0.0.0/0' }))
  const bridge = {
    type: 'bridge',
    bridge: bridgeOf(settings),
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    mtu: mtuOf(settings),
    ipam: {
      type: 'host-local',
      ranges: settings.podCidrs.map((subnet) => [{ subnet }]),
      routes: defaults,
      // The default place is shared by all nodes of a machine.
      dataDir: join(settings.directory, 'cni', 'leases'),
    },
  }
  const portmap = { type: 'portmap', capabilities: { portMappings: true }, snat: true }
  const conflist = {
    cniVersion: '0.4.0',
    name: bridgeOf(settings),
    plugins: [bridge, ...(plugins.hostPorts ? [portmap] : [])],
  }
  return `${JSON.stringify(conflist, null, 2)}\n`
}

/** nftables rules that hide pod addresses from everything outside the cluster; replaces what was there. */
export function masqueradeRules(settings: ContainerdSettings): string {
  const table = masqueradeTable(settings)
  const rules = settings.podCidrs
    .filter((cidr) => !cidr.includes(':'))
    .map((cidr) => `  ip saddr ${cidr} ip daddr != ${settings.clusterCidr} ip daddr != 224.0.0.0/4 masquerade`)
  return [
    `table ip ${table}`,
    `delete table ip ${table}`,
    `table ip ${table} {`,
    ' chain postrouting {',
    '  type nat hook postrouting priority srcnat; policy accept;',
    ...rules,
    ' }',
    '}',
    '',
  ].join('\n')
}
export const masqueradeTable = (settings: ContainerdSettings) => `${bridgeOf(settings).replaceAll('-', '_')}_masquerade`
