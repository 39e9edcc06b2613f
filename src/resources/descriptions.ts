import { bytesOfBase64 } from '../machinery/index.ts'

/** What the API says of each type and its fields; the empty name is the type itself. */
export type DescriptionTable = Readonly<Record<string, Readonly<Record<string, string>>>>

let table: Promise<DescriptionTable> | undefined

/** The descriptions of all built-in types, unpacked when first asked for. */
export function loadDescriptions(): Promise<DescriptionTable> {
  table ??= unpack()
  return table
}

async function unpack(): Promise<DescriptionTable> {
  const { packedDescriptions } = await import('./generated/descriptions.ts')
  const packed = new Blob([new Uint8Array(bytesOfBase64(packedDescriptions))])
  const stream = packed.stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return (await new Response(stream).json()) as DescriptionTable
}
