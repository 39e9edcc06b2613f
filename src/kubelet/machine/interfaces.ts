import { readFile } from 'node:fs/promises'
import type { InterfaceUse } from '../runtime/runtime.ts'

/** Kubernetes: interfaces of these names are not counted. */
const ignored = /^(?:lo|veth|docker|nerdctl)/i

/** Reads the kernel's table of interfaces, as /proc/PID/net/dev has it. */
export function parseInterfaces(table: string): readonly InterfaceUse[] {
  return table.split('\n').flatMap((line) => {
    const [, name, values] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? []
    if (name === undefined || values === undefined || ignored.test(name)) return []
    const counts = values.trim().split(/\s+/).map(Number)
    const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = counts
    return [{ name, rxBytes, rxErrors, txBytes, txErrors }]
  })
}

/** The interfaces of the network that a process is in. */
export async function interfacesOf(pid: number | 'self'): Promise<readonly InterfaceUse[]> {
  return parseInterfaces(await readFile(`/proc/${pid}/net/dev`, 'utf8'))
}
