/** The part of dns-packet that is used here. */
declare module 'dns-packet' {
  export interface Question {
    name: string
    type: string
    class?: string
  }
  export interface Answer {
    name: string
    type: string
    ttl?: number
    class?: string
    data?: unknown
    flush?: boolean
    udpPayloadSize?: number
    extendedRcode?: number
    ednsVersion?: number
    flags?: number
    options?: unknown[]
  }
  export interface Packet {
    id?: number
    type?: 'query' | 'response'
    flags?: number
    rcode?: string
    opcode?: string
    questions?: Question[]
    answers?: Answer[]
    authorities?: Answer[]
    additionals?: Answer[]
  }
  export const AUTHORITATIVE_ANSWER: number
  export const TRUNCATED_RESPONSE: number
  export const RECURSION_DESIRED: number
  export const RECURSION_AVAILABLE: number
  export function decode(buffer: Uint8Array, offset?: number): Packet
  export function encode(packet: Packet): Buffer
}
