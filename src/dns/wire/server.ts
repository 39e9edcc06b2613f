import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { createServer, isIP, type Socket } from 'node:net'
import * as dns from 'dns-packet'
import type { Clock, Log } from '../../machinery/index.ts'

/** Answers one question; undefined sends it on to an upstream server. */
export type Answerer = (
  question: dns.Question,
) => (Pick<dns.Packet, 'answers' | 'authorities' | 'additionals' | 'rcode'> & { readonly follow?: string }) | undefined

export interface DnsServerParts {
  readonly listen: { readonly address: string; readonly port: number }
  readonly answer: Answerer
  /** A resolv.conf naming the servers that other names are asked of. */
  readonly resolvConf: string
  readonly clock: Clock
  readonly log: Log
  readonly onAnswered: (rcode: string, forwarded: boolean) => void
}

const plainUdpBytesMax = 512
const udpBytesMax = 4096
const upstreamTimeoutMs = 2000
const upstreamTries = 2

/** Serves DNS over UDP and TCP until the signal aborts. Rejects when the address cannot be had. */
export async function serveDns(parts: DnsServerParts, signal: AbortSignal): Promise<void> {
  const { listen, log } = parts
  const udp = createSocket({ type: isIP(listen.address) === 6 ? 'udp6' : 'udp4', reuseAddr: true })
  udp.on('message', (message, { port, address }) => {
    void respond(message, parts, 'udp').then((reply) => {
      if (reply !== undefined) udp.send(reply, port, address)
    })
  })
  const sockets = new Set<Socket>()
  const tcp = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(10_000, () => socket.destroy())
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0)
        const message = rest.subarray(2, end)
        rest = rest.subarray(end)
        void respond(message, parts, 'tcp').then((reply) => {
          if (reply === undefined || socket.destroyed) return
          const length = Buffer.alloc(2)
          length.writeUInt16BE(reply.length)
          socket.write(Buffer.concat([length, reply]))
        })
      }
    })
  })
  try {
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind(listen.port, listen.address, () => resolve())
    })
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject)
      tcp.listen(listen.port, listen.address, () => resolve())
    })
    log.info('cluster DNS is serving', { address: listen.address, port: listen.port })
    await new Promise<void>((resolve, reject) => {
      udp.on('error', reject)
      tcp.on('error', reject)
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) resolve()
    })
  } finally {
    udp.close()
    tcp.close()
    for (const socket of sockets) socket.destroy()
  }
}

async function respond(
  message: Uint8Array,
  parts: DnsServerParts,
  transport: 'udp' | 'tcp',
): Promise<Buffer | undefined> {
  let query: dns.Packet
  try {
    query = dns.decode(message)
  } catch {
    return undefined
  }
  const [question] = query.questions ?? []
  if (query.type === 'response' || question === undefined) return undefined
  const edns = query.additionals?.find(({ type }) => type === 'OPT')
  const bytesMax = transport === 'tcp' ? 65_535 : Math.min(edns?.udpPayloadSize ?? plainUdpBytesMax, udpBytesMax)
  const wanted = (query.flags ?? 0) & dns.RECURSION_DESIRED
  const answer = parts.answer(question)
  if (answer === undefined) {
    const reply = await forward(message, parts)
    parts.onAnswered(reply === undefined ? 'SERVFAIL' : 'NOERROR', true)
    if (reply !== undefined) return reply.length <= bytesMax ? reply : truncated(query, question, bytesMax)
    return encode(query, question, { rcode: 'SERVFAIL' }, wanted, edns, bytesMax)
  }
  const followed = answer.follow === undefined ? [] : await follow(answer.follow, question.type, parts)
  parts.onAnswered(answer.rcode ?? 'NOERROR', false)
  return encode(
    query,
    question,
    { ...answer, answers: [...(answer.answers ?? []), ...followed] },
    wanted | dns.AUTHORITATIVE_ANSWER,
    edns,
    bytesMax,
  )
}

function encode(
  query: dns.Packet,
  question: dns.Question,
  answer: dns.Packet,
  flags: number,
  edns: dns.Answer | undefined,
  bytesMax: number,
): Buffer {
  const rcodes: Readonly<Record<string, number>> = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 }
  const packet: dns.Packet = {
    id: query.id ?? 0,
    type: 'response',
    flags: flags | dns.RECURSION_AVAILABLE | (rcodes[answer.rcode ?? 'NOERROR'] ?? 0),
    questions: [question],
    answers: answer.answers ?? [],
    authorities: answer.authorities ?? [],
    additionals: [...(answer.additionals ?? []), ...(edns === undefined ? [] : [optRecord])],
  }
  const bytes = dns.encode(packet)
  if (bytes.length <= bytesMax) return bytes
  const less = dns.encode({ ...packet, additionals: edns === undefined ? [] : [optRecord] })
  return less.length <= bytesMax ? less : truncated(query, question, bytesMax)
}

const optRecord: dns.Answer = {
  name: '.',
  type: 'OPT',
  udpPayloadSize: udpBytesMax,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  options: [],
}

/** Says that the answer is too long for this way; the asker comes again over TCP. */
function truncated(query: dns.Packet, question: dns.Question, _bytesMax: number): Buffer {
  return dns.encode({
    id: query.id ?? 0,
    type: 'response',
    flags: dns.TRUNCATED_RESPONSE | dns.RECURSION_AVAILABLE | ((query.flags ?? 0) & dns.RECURSION_DESIRED),
    questions: [question],
  })
}

/** What a name elsewhere resolves to, through the same answers: another service, or the outside. */
async function follow(name: string, type: string, parts: DnsServerParts, depth = 0): Promise<dns.Answer[]> {
  if (depth > 8) return []
  const own = parts.answer({ name, type })
  if (own !== undefined)
    return [
      ...(own.answers ?? []),
      ...(own.follow === undefined ? [] : await follow(own.follow, type, parts, depth + 1)),
    ]
  const reply = await forward(
    dns.encode({ type: 'query', id: 1, flags: dns.RECURSION_DESIRED, questions: [{ name, type }] }),
    parts,
  )
  return reply === undefined ? [] : (dns.decode(reply).answers ?? [])
}

/** Asks the machine's own servers, one after the other; never ourselves, which would be a loop. */
async function forward(
  message: Uint8Array,
  { resolvConf, clock, listen }: DnsServerParts,
): Promise<Buffer | undefined> {
  const text = await readFile(resolvConf, 'utf8').catch(() => '')
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map(([, address = '']) => address)
    .filter((address) => isIP(address) !== 0 && address !== listen.address)
  for (let attempt = 0; attempt < upstreamTries; attempt++) {
    for (const server of servers) {
      const reply = await askOnce(message, server, clock)
      if (reply !== undefined) return reply
    }
  }
  return undefined
}

function askOnce(message: Uint8Array, server: string, clock: Clock): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(server) === 6 ? 'udp6' : 'udp4')
    const finish = (reply: Buffer | undefined) => {
      timer[Symbol.dispose]()
      socket.close()
      resolve(reply)
    }
    const timer = clock.after(upstreamTimeoutMs, () => finish(undefined))
    socket.once('error', () => finish(undefined))
    socket.on('message', (reply) => {
      if (reply.length >= 2 && reply[0] === message[0] && reply[1] === message[1]) finish(reply)
    })
    socket.send(message, 53, server)
  })
}
