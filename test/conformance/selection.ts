import { readFileSync } from 'node:fs'

/** Specs beyond certification that are not run here. */
export interface LeftOut {
  /** What their names hold, as a regular expression of Go's. */
  readonly names: string
  readonly reason: string
  /** Whether they can be run on this machine after all. */
  readonly isPossible?: () => boolean
}

const sysResource = 24n
/** Whether this may set scores below zero and let filesystems grow that are mounted; within some machines it is forbidden. */
function hasSysResource(): boolean {
  const bits = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return ((BigInt(`0x${bits}`) >> sysResource) & 1n) === 1n
}

/** Which specs beyond certification cannot run on a cluster of this harness, and why. */
export const leftOut: readonly LeftOut[] = [
  {
    names: String.raw`\[Driver: (azure-disk|azure-file|cinder|vsphere|pd\.csi\.storage\.gke\.io)\]`,
    reason: 'a disk of a cloud',
  },
  {
    names: String.raw`\[Driver: csi-hostpath\]`,
    reason: "images of storage drivers, which are no part of Kubernetes' module",
  },
  {
    names: String.raw`\[Driver: nfs3?\]|PersistentVolumes NFS`,
    reason: 'an image with an NFS server in the kernel',
  },
  { names: 'gce-localssd-scsi-fs', reason: 'a disk of a cloud' },
  {
    names: 'should SSH to all nodes and run commands|should be able to run crictl on the node',
    reason: 'SSH to the nodes',
  },
  { names: 'DNS should support configurable pod resolv.conf', reason: "CoreDNS within upstream's image of agnhost" },
  {
    names: 'load AppArmor profiles',
    reason: 'AppArmor in the kernel, which upstream demands by the name of its distribution',
  },
  {
    names:
      'PLR guaranteed qos - 1 container with resize policy ' +
      '(cpu restart resizing (cpu|only pod-level cpu)|mem restart resizing (mem|cpu & mem|only pod-level mem)|' +
      String.raw`cpu & mem restart( \+ resize initContainers)? resizing (cpu|mem|only pod-level))`,
    reason: 'that a score of -997 can be given (CAP_SYS_RESOURCE), which they look at after a restart',
    isPossible: hasSysResource,
  },
  {
    names: 'PersistentVolumes-expansion loopback local block volume should support online expansion',
    reason: 'that a filesystem can grow while it is mounted (CAP_SYS_RESOURCE)',
    isPossible: hasSysResource,
  },
  { names: 'PrivilegedPod', reason: 'dummy network interfaces in the kernel' },
  {
    names: 'with a private image|pull from private registry with secret',
    reason: 'credentials of a registry of upstream',
  },
  { names: 'should be able to pull image', reason: 'a registry outside' },
]

/** What is chosen: the certified specs, those that upstream's own jobs run beyond them by default, or those of one's own labels. */
export interface Selection {
  readonly beyond: boolean
  readonly labels: string | undefined
  readonly focus: readonly string[]
  readonly skip: readonly string[]
}

const beyondLabels = '!Conformance && Feature: isEmpty && !Slow && !Disruptive && !Flaky'

/** The words for Ginkgo that choose the specs; the prefix is what the suite's own program has before each. */
export function wordsFor({ beyond, labels, focus, skip }: Selection, prefix: string): readonly string[] {
  const isCertified = !beyond && labels === undefined
  const skipped = isCertified
    ? skip
    : [...skip, ...leftOut.filter(({ isPossible }) => isPossible?.() !== true).map(({ names }) => names)]
  return [
    `--${prefix}label-filter=${labels ?? (beyond ? beyondLabels : 'Conformance')}`,
    ...focus.map((text) => `--${prefix}focus=${text}`),
    ...skipped.map((text) => `--${prefix}skip=${text}`),
  ]
}

/** Whether a spec belongs to the certified selection, as its name says. */
export const isCertified = (name: string): boolean => name.includes('[Conformance]')
