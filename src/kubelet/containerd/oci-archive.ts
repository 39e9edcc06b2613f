import { createHash } from 'node:crypto'

const blockBytes = 512
/** One file (or, with a link target, one symbolic link) of an archive. */
export interface TarEntry {
  readonly path: string
  readonly mode: number
  readonly content: Uint8Array
  readonly linkTo?: string
}

/** A ustar archive that depends on its entries alone: no times, no owners. */
function tarOf(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(({ path, mode, content, linkTo }) => {
    const head = Buffer.alloc(blockBytes)
    const octal = (value: number, at: number, length: number) =>
      head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
    head.write(path, 0, 'latin1')
    octal(mode, 100, 8)
    octal(0, 108, 8)
    octal(0, 116, 8)
    octal(content.length, 124, 12)
    octal(0, 136, 12)
    head.write('        0', 148, 'latin1')
    head.write(linkTo === undefined ? '0' : '2', 156, 'latin1')
    head.write(linkTo ?? '', 157, 'latin1')
    head.write('ustar\x0000', 257, 'latin1')
    octal(
      head.reduce((sum, byte) => sum + byte, 0),
      148,
      7,
    )
    const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes)
    return [head, content, padding]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)])
}

/** The fields of an OCI image's config that tell how to run it. */
export interface OciRunConfig {
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly User?: string
  readonly Env?: readonly string[]
  readonly StopSignal?: string
}

/** A one-layer OCI image in an archive that `importImage` takes: the same bytes for the same input. */
export function ociArchive(name: string, architecture: string, files: readonly TarEntry[], run: OciRunConfig): Buffer {
  const blobs: TarEntry[] = []
  const blob = (content: Uint8Array) => {
    const hash = createHash('sha256').update(content).digest('hex')
    blobs.push({ path: `blobs/sha256/${hash}`, mode: 0o644, content })
    return { digest: `sha256:${hash}`, size: content.length }
  }
  const json = (value: object) => Buffer.from(JSON.stringify(value))
  const layer = blob(tarOf(files))
  const rootfs = { type: 'layers', diff_ids: [layer.digest] }
  const config = blob(json({ architecture, os: 'linux', config: run, rootfs }))
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = blob(
    json({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
    }),
  )
  const entry = {
    mediaType: manifestType,
    ...manifest,
    platform: { architecture, os: 'linux' },
    annotations: { 'io.containerd.image.name': name },
  }
  return tarOf([
    { path: 'oci-layout', mode: 0o644, content: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', mode: 0o644, content: json({ schemaVersion: 2, manifests: [entry] }) },
    ...blobs,
  ])
}
