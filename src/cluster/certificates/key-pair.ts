import { createPrivateKey, createPublicKey, generateKeyPair, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/** A certificate and its private key, both PEM (the key PKCS #8). */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** When a certificate ends, in ms since 1970. */
export function expiryOf(cert: string): number {
  return Date.parse(new X509Certificate(cert).validTo)
}

/** Whether the pair is complete, was issued by the authority, covers the names and lasts until `untilMs`. */
export function isUsable(pair: KeyPair, authorityCert: string, names: readonly string[], untilMs: number): boolean {
  try {
    const certificate = new X509Certificate(pair.cert)
    const authority = new X509Certificate(authorityCert)
    if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return false
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return false
    if (Date.parse(certificate.validTo) < untilMs) return false
    return names.every(
      (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
    )
  } catch {
    return false
  }
}

/** The public half of a private key, PEM (SPKI). */
export function publicKeyOf(key: string): string {
  return createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString()
}

/** A new RSA key for signing service-account tokens, PEM (PKCS #8); found on another thread. */
export function createTokenKey(): Promise<string> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: 2048 }, (error, _publicKey, privateKey) => {
      if (error === null) resolve(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
      else reject(error)
    })
  })
}
