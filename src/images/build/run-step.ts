import { spawn } from 'node:child_process'
import { access, constants, lstat, mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ImageError } from '../image-error.ts'

export interface RunStep {
  /** The image's files on the machine. */
  readonly root: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly owner: { readonly uid: number; readonly gid: number }
  readonly onOutput: (line: string) => void
}

/** Folders of the machine's own programs; an image's PATH says nothing about them. */
const programFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
/** $1 the root, $2 mount, $3 unshare, $4 working directory, $5 user, $6 group; then the command. */
const sandboxScript = `set -e
root=$1 mount=$2 unshare=$3 directory=$4 user=$5 group=$6
shift 6
"$mount" -t proc -o nosuid,nodev,noexec proc "$root/proc"
"$mount" -t tmpfs -o nosuid,mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  "$mount" --bind "/dev/$device" "$root/dev/$device"
done
if [ ! -L "$root/etc" ] && [ ! -L "$root/etc/resolv.conf" ] && [ -f "$root/etc/resolv.conf" ]; then
  "$mount" --bind /etc/resolv.conf "$root/etc/resolv.conf"
fi
exec "$unshare" --root="$root" --wd="$directory" --setgid="$group" --setuid="$user" -- "$@"
`

/** Runs a command with the image's files as its root, in mounts and a process tree of its own, on the machine's network. */
export async function runStep(step: RunStep, signal: AbortSignal): Promise<void> {
  const [mount, unshare, shell] = await Promise.all(['mount', 'unshare', 'sh'].map(programPath))
  const made = await prepareMountPoints(step.root)
  const { uid, gid } = step.owner
  const inner = [step.root, mount!, unshare!, step.workingDirectory, String(uid), String(gid), ...step.command]
  const args = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL', shell!, '-c', sandboxScript, 'step', ...inner]
  const child = spawn(unshare!, args, { env: { ...step.environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = () => void child.kill('SIGKILL')
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', step.onOutput)
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exit, killed) => resolve(exit ?? killed ?? 'unknown'))
    })
    signal.throwIfAborted()
    if (code !== 0) throw new ImageError(`the command ended with ${code}: ${step.command.join(' ')}`)
  } finally {
    signal.removeEventListener('abort', stop)
    // What the command put into a directory that was made for it keeps the directory.
    for (const { path, isFile } of made.reverse())
      await (isFile ? rm(path, { force: true }) : rmdir(path).catch(() => {}))
  }
}

async function programPath(name: string): Promise<string> {
  for (const folder of programFolders) {
    const file = join(folder, name)
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return file
  }
  throw new ImageError(`RUN needs the program ${name}; install the Debian packages mount and util-linux`)
}

interface Made {
  readonly path: string
  readonly isFile: boolean
}
/** Places for what is mounted; those that the image lacked are taken away afterwards. Links are never followed. */
async function prepareMountPoints(root: string): Promise<Made[]> {
  const made: Made[] = []
  const kindOf = (path: string) => lstat(path).catch(() => undefined)
  for (const name of ['proc', 'sys', 'dev', 'etc']) {
    const path = join(root, name)
    const found = await kindOf(path)
    if (found === undefined) {
      await mkdir(path)
      made.push({ path, isFile: false })
    } else if (!found.isDirectory())
      throw new ImageError(`/${name} of the image is no directory, so RUN cannot work in it`)
  }
  const path = join(root, 'etc/resolv.conf')
  if ((await kindOf(path)) === undefined) {
    await writeFile(path, '')
    made.push({ path, isFile: true })
  }
  return made
}
