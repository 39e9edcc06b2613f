import { hash } from 'node:crypto'

/** Kubernetes: a 64 bit number by which a flow's hand of queues is dealt. */
export function flowHash(schema: string, distinguisher: string): bigint {
  const bytes = hash('sha256', `${schema}\0${distinguisher}`, 'buffer')
  return bytes.readBigUInt64LE(0)
}

/** Deals `handSize` different cards out of `deckSize`, the same ones for the same hash (shuffle sharding). */
export function deal(seed: bigint, deckSize: number, handSize: number): readonly number[] {
  let rest = seed
  const hand: number[] = []
  const remainders: number[] = []
  for (let at = 0; at < handSize; at++) {
    const left = BigInt(deckSize - at)
    remainders.push(Number(rest % left))
    rest /= left
    let card = remainders[at]!
    for (let before = at; before > 0; before--) if (card >= remainders[before - 1]!) card++
    hand.push(card)
  }
  return hand
}

/** Bits of a hash that are used up by dealing; Kubernetes allows 60 of the 64. */
export function entropyBits(deckSize: number, handSize: number): number {
  return Math.ceil(Math.log2(deckSize) * handSize)
}
