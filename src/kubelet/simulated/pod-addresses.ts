import { addressAt, ipText, parseCidr } from '../../machinery/index.ts'

/** Addresses for pods of nodes that have no range of their own: 10.128.0.0/9. */
const spareAddresses = '10.128.0.0/9'

/** Gives every pod an address: from its node's range where there is one. The two lowest are the network's and the node's. */
export class PodAddresses {
  readonly #taken = new Map<string, Set<string>>()
  readonly #next = new Map<string, number>()

  take(nodeName: string, podCidr: string | undefined): string {
    const range = parseCidr(podCidr ?? spareAddresses)!
    const key = podCidr === undefined ? '' : nodeName
    const taken = this.#taken.get(key) ?? new Set()
    this.#taken.set(key, taken)
    const size =
      2 ** ((range.address.family === 4 ? 32 : 48) - Math.min(range.bits, range.address.family === 4 ? 32 : 48))
    let offset = this.#next.get(key) ?? 2
    for (let tries = 0; tries < size; tries++) {
      const address = ipText(addressAt(range, offset))
      offset = offset + 1 >= size - 1 ? 2 : offset + 1
      if (taken.has(address)) continue
      taken.add(address)
      this.#next.set(key, offset)
      return address
    }
    return ipText(addressAt(range, 2))
  }
  release(nodeName: string, address: string): void {
    if (this.#taken.get(nodeName)?.delete(address) !== true) this.#taken.get('')?.delete(address)
  }
}
