/** What operators under test need around them: certificates to serve webhooks with, free ports, patience. */
import { createServer } from 'node:net'
import { createAuthority, issueCertificate } from '../../src/cluster/certificates/authority.ts'

export interface Serving {
  readonly cert: string
  readonly key: string
  /** The authority as `caBundle` wants it. */
  readonly caBundle: string
}

/** A certificate for the loopback address, of an authority of its own. */
export async function servingCertificate(): Promise<Serving> {
  const authority = createAuthority('webhooks-authority', Date.now(), 1)
  const request = { commonName: 'webhooks', names: ['127.0.0.1', 'localhost'], usages: ['server'], days: 1 } as const
  const { cert, key } = issueCertificate(authority, request, Date.now())
  return { cert, key, caBundle: Buffer.from(authority.cert).toString('base64') }
}

/** A port of the loopback address that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Resolves with the first answer that is not undefined; a refusal counts as none; fails after the deadline. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  deadlineMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs
  let last: unknown
  for (;;) {
    const found = await probe().catch((error: unknown) => {
      last = error
      return undefined
    })
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`still waiting for ${what}`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
