import { createPrivateKey, createPublicKey } from 'node:crypto'

/** Signs and verifies service-account tokens. Simulation brings a deterministic one. */
export interface Signer {
  readonly issuer: string
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>
  /** The claims of a token we signed, whatever its times; undefined when the signature is not ours. */
  verify(token: string): Promise<Readonly<Record<string, unknown>> | undefined>
  /** The public keys as a JSON Web Key Set (RFC 7517). */
  jwks(): Promise<{ readonly keys: readonly unknown[] }>
}

/**
 * RS256 with one private key in PEM (PKCS #8), asked for with the first token; the key's RFC 7638 thumbprint is its id. What is
 * asked of the signer rejects when it is no private key.
 */
export function joseSigner(privateKeyPem: () => Promise<string>, issuer: string): Signer {
  // Loaded with the first token: a server that starts has none to sign.
  const open = async () => {
    const jose = await import('jose')
    const privateKey = createPrivateKey(await privateKeyPem())
    const publicKey = createPublicKey(privateKey)
    const jwk = await jose.exportJWK(publicKey)
    return { jose, privateKey, publicKey, jwk, kid: await jose.calculateJwkThumbprint(jwk) }
  }
  let opened: ReturnType<typeof open> | undefined
  const ready = () => {
    opened ??= open()
    return opened
  }
  return {
    issuer,
    async sign(claims) {
      const { jose, kid, privateKey } = await ready()
      const token = new jose.SignJWT(claims as Record<string, unknown>)
      return token.setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey)
    },
    async verify(token) {
      const { jose, publicKey } = await ready()
      try {
        const { payload } = await jose.compactVerify(token, publicKey, { algorithms: ['RS256'] })
        return JSON.parse(new TextDecoder().decode(payload))
      } catch {
        return undefined
      }
    },
    async jwks() {
      const { jwk, kid } = await ready()
      return { keys: [{ use: 'sig', alg: 'RS256', kid, ...jwk }] }
    },
  }
}

/** Not secret and not slow: the same claims always give the same token. For simulation and in-process tests. */
export function deterministicSigner(issuer = 'https://kubernetes.default.svc.cluster.local'): Signer {
  const sealOf = (payload: string) => {
    let hash = 0x811c9dc5
    for (let i = 0; i < payload.length; i++) hash = Math.imul(hash ^ payload.charCodeAt(i), 0x01000193) >>> 0
    return hash.toString(16)
  }
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    issuer,
    async sign(claims) {
      const body = `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}`
      return `${body}.${Buffer.from(sealOf(body)).toString('base64url')}`
    },
    async verify(token) {
      const [head = '', payload = '', seal = ''] = token.split('.')
      if (Buffer.from(seal, 'base64url').toString() !== sealOf(`${head}.${payload}`)) return undefined
      return JSON.parse(Buffer.from(payload, 'base64url').toString())
    },
    jwks: async () => ({ keys: [] }),
  }
}
