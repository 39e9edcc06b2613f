/** Signs and verifies service-account tokens. Simulation brings a deterministic one. */
export interface Signer {
  readonly issuer: string
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>
  /** The claims of a token we signed, whatever its times; undefined when the signature is not ours. */
  verify(token: string): Promise<Readonly<Record<string, unknown>> | undefined>
  /** The public keys as a JSON Web Key Set (RFC 7517). */
  jwks(): Promise<{ readonly keys: readonly unknown[] }>
}

/** RS256 with one private key in PEM (PKCS #8); the key's RFC 7638 thumbprint is its id. */
export async function joseSigner(privateKeyPem: string, issuer: string): Promise<Signer> {
  const jose = await import('jose')
  const { createPublicKey, createPrivateKey } = await import('node:crypto')
  const privateKey = createPrivateKey(privateKeyPem)
  const publicKey = createPublicKey(privateKey)
  const jwk = await jose.exportJWK(publicKey)
  const kid = await jose.calculateJwkThumbprint(jwk)
  return {
    issuer,
    sign: (claims) =>
      new jose.SignJWT(claims as Record<string, unknown>).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey),
    async verify(token) {
      try {
        const { payload } = await jose.compactVerify(token, publicKey, { algorithms: ['RS256'] })
        return JSON.parse(new TextDecoder().decode(payload))
      } catch {
        return undefined
      }
    },
    jwks: async () => ({ keys: [{ use: 'sig', alg: 'RS256', kid, ...jwk }] }),
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
