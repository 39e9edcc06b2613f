import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import { promisify } from 'node:util'
import { ImageError } from '../image-error.ts'
import { created, type ImageConfig, mediaTypes } from '../oci.ts'
import { fullNameOf } from '../reference.ts'
import { parentOf, type TreeEntry } from '../store/file-tree.ts'
import type { ImageStore, NamedImage } from '../store/image-store.ts'
import { writeLayer } from '../store/layer.ts'

export interface Machine {
  /** The running Node.js. */
  readonly nodeProgram: string
  readonly nodeVersion: string
  /** As OCI names it. */
  readonly architecture: string
}
/** The name of the image that is made from this machine. */
export const nodeImageName = fullNameOf('coxswain/node')

const execute = promisify(execFile)
const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
const tools = [
  ...['awk', 'base64', 'basename', 'cat', 'chmod', 'chown', 'cp', 'curl', 'cut', 'date', 'dd', 'df', 'dirname'],
  ...['du', 'env', 'expr', 'false', 'find', 'grep', 'gzip', 'head', 'hostname', 'id', 'kill', 'ln', 'ls', 'md5sum'],
  ...['mkdir', 'mktemp', 'mv', 'nproc', 'ps', 'pwd', 'readlink', 'rm', 'rmdir', 'sed', 'seq', 'sha256sum', 'sleep'],
  ...['sort', 'stat', 'tail', 'tar', 'tee', 'test', 'touch', 'tr', 'true', 'uname', 'uniq', 'wc', 'wget', 'xargs'],
]
/** Loaded by name at run time, so that no list of a program's libraries has them. */
const nameServiceLibraries = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']

const accounts = {
  'etc/passwd': [
    'root:x:0:0:root:/root:/bin/sh',
    'node:x:1000:1000:node:/home/node:/bin/sh',
    'nobody:x:65534:65534:nobody:/nonexistent:/bin/false',
  ],
  'etc/group': ['root:x:0:', 'node:x:1000:', 'nogroup:x:65534:'],
  'etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files dns'],
}

/** The base image `coxswain/node`, made of this machine's Node.js and tools; made again when those change. */
export async function nodeImage(store: ImageStore, machine: Machine): Promise<NamedImage> {
  const programs = await programsOf(machine)
  const print = await fingerprint(machine, programs)
  const known = await store.find(nodeImageName)
  if (known !== undefined && (await store.configOf(known)).config?.Labels?.['coxswain.dev/made-of'] === print)
    return known
  const layer = await writeLayer(store, await filesOf(programs))
  const config: ImageConfig = {
    created,
    architecture: machine.architecture,
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `NODE_VERSION=${machine.nodeVersion}`],
      Cmd: ['node'],
      Labels: { 'coxswain.dev/made-of': print },
    },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    history: [{ created, created_by: 'this machine’s Node.js and tools' }],
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await store.addJson(config, mediaTypes.config),
    layers: [layer],
  }
  return store.setName(nodeImageName, await store.addJson(manifest, mediaTypes.manifest))
}

interface Programs {
  /** The machine's file for each path of the image. */
  readonly files: ReadonlyMap<string, string>
  readonly links: ReadonlyMap<string, string>
}

async function programsOf({ nodeProgram }: Machine): Promise<Programs> {
  const files = new Map<string, string>()
  const links = new Map<string, string>()
  const add = async (source: string, path: string) => {
    files.set(path, await realpath(source))
    for (const library of await librariesOf(source)) files.set(library.slice(1), await realpath(library))
  }
  await add(nodeProgram, 'usr/local/bin/node')
  const busybox = await find('busybox')
  if (busybox !== undefined) {
    await add(busybox, 'bin/busybox')
    const { stdout } = await execute(busybox, ['--list'])
    for (const applet of stdout.split('\n'))
      if (applet !== '' && applet !== 'busybox') links.set(`bin/${applet}`, 'busybox')
  } else {
    const shell = (await find('dash')) ?? (await find('bash')) ?? (await find('sh'))
    if (shell === undefined) throw new ImageError('this machine has no shell to put into coxswain/node; install dash')
    await add(shell, 'bin/sh')
    for (const tool of tools) {
      const source = await find(tool)
      if (source !== undefined && !(await isScript(source))) await add(source, `bin/${tool}`)
    }
  }
  const libc = [...files.keys()].find((path) => path.endsWith('/libc.so.6'))
  for (const name of libc === undefined ? [] : nameServiceLibraries) {
    const path = `/${parentOf(libc!)}/${name}`
    if (await exists(path)) files.set(path.slice(1), await realpath(path))
  }
  if (!links.has('usr/bin/env')) links.set('usr/bin/env', '../../bin/env')
  return { files, links }
}

async function find(name: string): Promise<string | undefined> {
  for (const folder of folders) if (await exists(`${folder}/${name}`)) return `${folder}/${name}`
  return undefined
}
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

async function isScript(file: string): Promise<boolean> {
  for await (const chunk of createReadStream(file, { start: 0, end: 1 })) return String(chunk) === '#!'
  return false
}

/** The shared libraries that a program loads, its loader among them; none for a static one. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await execute('ldd', [program]).catch(
    (error: { readonly stdout?: string; readonly code?: unknown }) => {
      if (error.code === 'ENOENT')
        throw new ImageError('the program ldd is missing; install the Debian package libc-bin')
      // A static program has none, which ldd calls a failure.
      return { stdout: '' }
    },
  )
  return [...stdout.matchAll(/(?:^|\s)(\/\S+) \(0x/gm)].map(([, path]) => path!)
}

async function fingerprint({ nodeVersion }: Machine, { files, links }: Programs): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([nodeVersion, [...links].sort(), accounts]))
  for (const [path, source] of [...files].sort()) {
    const { size, mtimeMs, ino } = await stat(source)
    hash.update(JSON.stringify([path, source, size, mtimeMs, ino]))
  }
  return hash.digest('hex')
}

async function filesOf({ files, links }: Programs): Promise<ReadonlyMap<string, TreeEntry>> {
  const entries = new Map<string, TreeEntry>()
  const root = { uid: 0, gid: 0 }
  const directory = (path: string, mode = 0o755, owner = root) => {
    if (path === '') return
    if (!entries.has(path)) directory(parentOf(path))
    entries.set(path, { type: 'directory', mode, ...owner })
  }
  const text = (path: string, content: string) => {
    const bytes = Buffer.from(content)
    if (!entries.has(parentOf(path))) directory(parentOf(path))
    entries.set(path, { type: 'file', mode: 0o644, ...root, size: bytes.length, open: () => Readable.from([bytes]) })
  }
  for (const [path, source] of files) {
    if (!entries.has(parentOf(path))) directory(parentOf(path))
    const { size } = await stat(source)
    entries.set(path, { type: 'file', mode: 0o755, ...root, size, open: () => createReadStream(source) })
  }
  for (const [path, target] of links) {
    if (!entries.has(parentOf(path))) directory(parentOf(path))
    entries.set(path, { type: 'symlink', target, mode: 0o777, ...root })
  }
  for (const [path, lines] of Object.entries(accounts)) text(path, `${lines.join('\n')}\n`)
  text('etc/ssl/certs/ca-certificates.crt', `${rootCertificates.join('\n')}\n`)
  for (const path of ['proc', 'sys', 'dev', 'run', 'var/log']) directory(path)
  for (const path of ['tmp', 'var/tmp']) directory(path, 0o1777)
  directory('root', 0o700)
  directory('home/node', 0o755, { uid: 1000, gid: 1000 })
  return entries
}
