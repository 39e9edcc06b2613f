import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageDirectory, programs } from './programs.ts'

/** Puts the files of one image below a directory that is there and empty. */
export type Fill = (root: string) => void

const accounts = {
  passwd: ['root:x:0:0:root:/root:/bin/sh', 'www-data:x:33:33:www-data:/var/www:/bin/false'],
  group: ['root:x:0:', 'tty:x:5:', 'www-data:x:33:', 'nogroup:x:65534:'],
}
const nobody = 'nobody:x:65534:65534:nobody:/nonexistent:/bin/false'
/** The user whom specs on supplementary groups look for in agnhost. */
const known = {
  passwd: ['user-defined-in-image:x:1000:1000::/home/user-defined-in-image:/bin/sh'],
  group: ['user-defined-in-image:x:1000:', 'group-defined-in-image:x:50000:user-defined-in-image'],
}
const clientPackages = [
  ...['bash', 'bind9-dnsutils', 'coreutils', 'curl', 'dash', 'findutils', 'grep', 'gzip', 'hostname', 'iperf'],
  ...['iproute2', 'libc-bin', 'netcat-openbsd', 'sed', 'tar', 'util-linux', 'wget'],
]

function run(program: string, words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 64 << 20 })
  if (error !== undefined) throw new Error(`${program} cannot be started: ${error.message}`)
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} failed: ${stderr}${stdout}`)
  return stdout
}

function text(root: string, path: string, lines: readonly string[]): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), `${lines.join('\n')}\n`)
}

function places(root: string, more: { readonly passwd: readonly string[]; readonly group: readonly string[] }): void {
  text(root, 'etc/passwd', [...accounts.passwd, ...more.passwd, nobody])
  text(root, 'etc/group', [...accounts.group, ...more.group])
  text(root, 'etc/nsswitch.conf', ['passwd: files', 'group: files', 'hosts: files dns'])
  for (const path of ['dev', 'proc', 'root', 'run', 'sys', 'var/log']) mkdirSync(join(root, path), { recursive: true })
  mkdirSync(join(root, 'tmp'), { recursive: true })
  run('chmod', ['1777', join(root, 'tmp')])
}

/** busybox under all its names, where no other program has them. */
function busybox(root: string): void {
  const file = '/bin/busybox'
  if (!existsSync(file)) throw new Error('busybox is missing; install the Debian package busybox-static')
  mkdirSync(join(root, 'bin'), { recursive: true })
  cpSync(file, join(root, 'bin/busybox'))
  for (const name of run(file, ['--list']).trim().split('\n'))
    if (!['bin', 'sbin', 'usr/sbin'].some((folder) => existsSync(join(root, folder, name))))
      symlinkSync('busybox', join(root, 'bin', name))
}

/** The files of Debian packages and all that they depend on, as apt finds them; none of their scripts run. */
function debian(root: string, packages: readonly string[]): void {
  const archives = `${root}.packages`
  mkdirSync(join(archives, 'partial'), { recursive: true })
  writeFileSync(join(archives, 'status'), '')
  const options = [
    `Dir::State::status=${archives}/status`,
    `Dir::Cache::archives=${archives}/`,
    'APT::Sandbox::User=root',
  ]
  const words = ['-y', '-q', '--download-only', '--no-install-recommends', 'install', ...packages]
  run('apt-get', [...options.flatMap((option) => ['-o', option]), ...words])
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', folder), { recursive: true })
    symlinkSync(`usr/${folder}`, join(root, folder))
  }
  const unpack =
    'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink --exclude="./usr/share/[dilm]o*"'
  for (const name of readdirSync(archives).filter((one) => one.endsWith('.deb')))
    run('sh', ['-c', unpack, 'sh', join(archives, name), root])
  rmSync(archives, { recursive: true })
  if (!existsSync(join(root, 'bin/sh'))) symlinkSync('dash', join(root, 'bin/sh'))
  // What the packages' scripts would have chosen.
  if (existsSync(join(root, 'bin/nc.openbsd'))) symlinkSync('nc.openbsd', join(root, 'bin/nc'))
}

function program(root: string, name: string, path: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  cpSync(join(programs, name), join(root, path))
}
const picture = (root: string, name: string) => text(root, 'data.json', [JSON.stringify({ image: `${name}.jpg` })])

/** How the files of each image come about. */
export const fills: Readonly<Record<string, Fill>> = {
  debian(root) {
    debian(root, clientPackages)
    // As busybox' own, which upstream's image has and which falls over itself where it is linked statically.
    text(root, 'etc/wgetrc', ['tries = 1'])
    places(root, { passwd: [], group: [] })
    busybox(root)
  },
  busybox(root) {
    places(root, { passwd: [], group: [] })
    for (const name of ['sh', 'env']) program(root, 'shell', `bin/${name}`)
    busybox(root)
  },
  nginx(root) {
    debian(root, ['coreutils', 'dash', 'nginx-light'])
    places(root, { passwd: [], group: [] })
    mkdirSync(join(root, 'etc/nginx/sites-enabled'), { recursive: true })
    rmSync(join(root, 'etc/nginx/sites-enabled/default'), { force: true })
    symlinkSync('../sites-available/default', join(root, 'etc/nginx/sites-enabled/default'))
    cpSync(join(root, 'usr/share/nginx/html'), join(root, 'var/www/html'), { recursive: true })
  },
  agnhost(root) {
    places(root, known)
    program(root, 'agnhost', 'agnhost')
    symlinkSync('agnhost', join(root, 'agnhost-2'))
    mkdirSync(join(root, 'uploads'))
    const porter = packageDirectory('k8s.io/kubernetes/test/images/agnhost/porter')
    for (const name of ['localhost.crt', 'localhost.key']) cpSync(join(porter, name), join(root, name))
  },
  'sample-apiserver'(root) {
    program(root, 'sample-apiserver', 'sample-apiserver')
    mkdirSync(join(root, 'tmp'))
  },
  etcd(root) {
    program(root, 'etcd', 'usr/local/bin/etcd')
    mkdirSync(join(root, 'tmp'))
  },
  'regression-issue-74839'(root) {
    program(root, 'regression-issue-74839', 'regression-issue-74839')
    mkdirSync(join(root, 'tmp'))
  },
  'resource-consumer'(root) {
    debian(root, ['stress'])
    places(root, { passwd: [], group: [] })
    program(root, 'resource-consumer', 'consumer')
    program(root, 'consume-cpu', 'consume-cpu/consume-cpu')
  },
  'distroless-iptables'(root) {
    debian(root, ['conntrack', 'coreutils', 'dash', 'grep', 'iptables', 'nftables'])
    places(root, { passwd: [], group: [] })
  },
  nautilus: (root) => picture(root, 'nautilus'),
  kitten(root) {
    picture(root, 'kitten')
    text(root, 'etc/os-release', ['NAME="Alpine Linux"', 'ID=alpine'])
  },
  nonewprivs(root) {
    program(root, 'nnp', 'usr/local/bin/nnp')
    run('chmod', ['6755', join(root, 'usr/local/bin/nnp')])
  },
  nonroot: () => {},
  hostpathplugin: () => {},
  'glibc-dns-testing': () => {},
}
