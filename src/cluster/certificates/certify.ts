import type { Certify } from '../../controllers/index.ts'
import { expiryOf, type KeyPair } from './key-pair.ts'

/** Signs requests with an authority, which is asked for each time: it may be renewed, or not be there before. */
export function certifyWith(authority: () => KeyPair | Promise<KeyPair>, nowMs: () => number): Certify {
  return {
    async sign(wish) {
      // Loaded only here: few clusters ever sign.
      const { signRequest } = await import('./sign-request.ts')
      return signRequest(await authority(), wish, nowMs())
    },
    async endOf(certificate) {
      try {
        return expiryOf(Buffer.from(certificate, 'base64').toString())
      } catch {
        return undefined
      }
    },
  }
}
