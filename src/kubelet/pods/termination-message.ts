import { open } from 'node:fs/promises'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { containerAnnotations, restartCountOf } from '../sync/containers.ts'
import type { Volumes } from '../volumes/volumes.ts'
import { terminationFile } from './container-config.ts'

/** Kubernetes: 4 KiB for one container, 12 KiB for a pod's together; from logs 80 lines or 2 KiB. */
const messageBytesMax = 4096
const podMessageBytesMax = 12_288
const logLinesMax = 80
const logBytesMax = 2048

/** What an ended container had to say: the file it was given, or its last lines where its policy allows. */
export async function terminationMessage(
  volumes: Pick<Volumes, 'containerDirectory'>,
  container: ObservedContainer,
  containerCount: number,
): Promise<string> {
  const bytesMax = Math.min(messageBytesMax, Math.floor(podMessageBytesMax / Math.max(1, containerCount)))
  const file = terminationFile(volumes, container.podUid, container.name, restartCountOf(container))
  const message = await headOf(file, bytesMax)
  const policy = container.annotations[containerAnnotations.terminationMessagePolicy]
  const useLogs = message === '' && policy === 'FallbackToLogsOnError' && (container.exitCode ?? 0) !== 0
  if (!useLogs) return message
  const lines = (await tailOf(container.logPath, logBytesMax * 4)).split('\n').slice(1, -1)
  // A log line is: time, stream, tag, text.
  const texts = lines.slice(-logLinesMax).map((line) => line.split(' ').slice(3).join(' '))
  return `${texts.join('\n')}\n`.slice(-Math.min(logBytesMax, bytesMax))
}

async function headOf(path: string, bytesMax: number): Promise<string> {
  return readAt(path, bytesMax, () => 0)
}
async function tailOf(path: string, bytesMax: number): Promise<string> {
  const text = await readAt(path, bytesMax, (size) => Math.max(0, size - bytesMax))
  // One line is dropped as cut: there is always one, then.
  return `\n${text}`
}
async function readAt(path: string, bytesMax: number, startOf: (size: number) => number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return ''
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMax), 0, bytesMax, startOf(size))
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
