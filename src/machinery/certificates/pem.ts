import { bytesOfBase64 } from '../protobuf/base64.ts'

/** One block of PEM (RFC 7468). */
export interface PemBlock {
  readonly type: string
  readonly hasHeaders: boolean
  readonly bytes: Uint8Array
}

/** All blocks of a text, whatever stands around them; what cannot be read is passed over. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  for (const [, type = '', body = '', end] of text.matchAll(
    /-----BEGIN ([^-\n]+)-----[ \t\r]*\n([\s\S]*?)\n?-----END ([^-\n]+)-----/g,
  )) {
    if (type !== end) continue
    const lines = body.split('\n').map((line) => line.trim())
    const headers = lines.filter((line) => line.includes(':')).length
    try {
      const bytes = bytesOfBase64(lines.slice(headers).join(''))
      blocks.push({ type, hasHeaders: headers > 0, bytes })
    } catch {
      // Not PEM after all.
    }
  }
  return blocks
}
