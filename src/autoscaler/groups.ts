import { milliValueOf, parseQuantity, wholeValueOf } from '../machinery/index.ts'
import type { Node, ResourceSlice } from '../resources/index.ts'

/** Nodes that are alike, and how many there may be. */
export interface NodeGroup {
  readonly id: string
  readonly minSize: number
  readonly maxSize: number
  /** How many there are to be, those included that are not there yet. */
  readonly targetSize: number
  /** A node as it will be once it is up. */
  readonly template: Node
  /** The devices it will have; as drivers offer them on the group's nodes that are there, when left out. */
  readonly resourceSlices?: readonly ResourceSlice[]
  /** What one node costs. */
  readonly pricePerHour: number
}

/** Where groups of nodes come from. What cannot be done rejects with the provider's own words. */
export interface NodeGroupProvider {
  groups(): Promise<readonly NodeGroup[]>
  /** The group that a node belongs to; undefined: none, and it is left alone. */
  groupOf(node: Node): string | undefined
  /** Asks for so many more nodes. */
  grow(group: string, count: number): Promise<void>
  /** Does away with one node of the group: the machine, and what stands for it. */
  shrink(group: string, node: Node): Promise<void>
  /** Tells of changes that no Node shows. */
  subscribe(listener: () => void): Disposable
}

/** Of clouds' list prices: an hour of one processor, and of one GiB. */
const cpuHour = 0.033174
const gibibyteHour = 0.004446

/** What a node costs by its size, where nobody has said. */
export function priceBySize({ status }: Node): number {
  const { cpu = '0', memory = '0' } = status.capacity ?? {}
  const cores = milliValueOf(parseQuantity(cpu)) / 1000
  return cores * cpuHour + (wholeValueOf(parseQuantity(memory)) / 1024 ** 3) * gibibyteHour
}
