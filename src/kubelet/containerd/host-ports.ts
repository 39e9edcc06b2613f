import { command } from '../machine/command.ts'

const sharedChain = 'CNI-HOSTPORT-'
const ownChain = /-j (CNI-DN-\S+)$/

/**
 * What to take out of the nat table so that nothing is left of a network's host ports: input of iptables-restore, and whether the
 * table is empty then. CNI's portmap plugin keeps the ports of all networks in chains that they share; those go with the last port.
 * `saved` is what iptables-save prints. Undefined when there is nothing to do.
 */
export function hostPortRemoval(
  saved: string,
  network: string,
): { readonly script: string; readonly isEmpty: boolean } | undefined {
  const lines = saved.split('\n')
  const rules = lines.filter((line) => line.startsWith('-A '))
  const chains = lines.filter((line) => line.startsWith(':')).map((line) => line.slice(1).split(' ')[0]!)
  const mine = rules.filter((rule) => rule.includes(`"dnat name: \\"${network}\\" id: `))
  const gone = new Set(mine.map((rule) => ownChain.exec(rule)?.[1]).filter((chain) => chain !== undefined))
  const shared = chains.filter((chain) => chain.startsWith(sharedChain))
  const isLast = !chains.some((chain) => chain.startsWith('CNI-DN-') && !gone.has(chain))
  const jumps = isLast ? rules.filter((rule) => !rule.startsWith('-A CNI-') && rule.includes(`-j ${sharedChain}`)) : []
  const emptied = [...gone, ...(isLast ? shared : [])]
  if (emptied.length === 0) return undefined
  const script = [
    '*nat',
    ...[...mine, ...jumps].map((rule) => rule.replace('-A ', '-D ')),
    ...emptied.map((chain) => `-F ${chain}`),
    ...emptied.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ]
  const left = rules.filter((rule) => !jumps.includes(rule) && !emptied.includes(rule.split(' ')[1]!))
  const base = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']
  const isEmpty = left.length === 0 && chains.every((chain) => base.includes(chain) || emptied.includes(chain))
  return { script: script.join('\n'), isEmpty }
}

/** Removes the host ports of a network whose pods were not taken down one by one; what others have there stays. */
export async function removeHostPorts(network: string): Promise<void> {
  for (const [family, prefix] of [
    ['ip', 'iptables'],
    ['ip6', 'ip6tables'],
  ] as const) {
    // Without these programs there were no host ports either.
    const saved = await command(`${prefix}-save`, ['-t', 'nat']).catch(() => '')
    const removal = hostPortRemoval(saved, network)
    if (removal === undefined) continue
    await command(`${prefix}-restore`, ['--noflush', '--wait'], removal.script)
    if (removal.isEmpty) await command('nft', ['delete', 'table', family, 'nat']).catch(() => {})
  }
}
