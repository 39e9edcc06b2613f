import { open } from 'node:fs/promises'
import type { Clock } from '../../machinery/index.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { readLog } from '../server/log-file.ts'
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
  clock: Clock,
): Promise<string> {
  const bytesMax = Math.min(messageBytesMax, Math.floor(podMessageBytesMax / Math.max(1, containerCount)))
  const file = terminationFile(volumes, container.podUid, container.name, restartCountOf(container))
  const message = await headOf(file, bytesMax)
  const policy = container.annotations[containerAnnotations.terminationMessagePolicy]
  const useLogs = message === '' && policy === 'FallbackToLogsOnError' && (container.exitCode ?? 0) !== 0
  if (!useLogs) return message
  return tailOf(container.logPath, Math.min(logBytesMax, bytesMax), clock)
}

async function headOf(path: string, bytesMax: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return ''
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMax), 0, bytesMax, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** The end of what the container wrote last, as it wrote it: a line it did not end is not ended here. */
async function tailOf(path: string, bytesMax: number, clock: Clock): Promise<string> {
  const never = new AbortController().signal
  const parts = { clock, isRunning: async () => false }
  let text = Buffer.alloc(0)
  try {
    for await (const piece of readLog(path, { follow: false, timestamps: false, tailLines: logLinesMax }, parts, never))
      text = Buffer.concat([text, piece]).subarray(-bytesMax)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return text.toString('utf8')
}
