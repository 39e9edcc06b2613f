import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, timestampOf } from '../../machinery/index.ts'
import type { KubeletMeasures } from '../measures.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { PullCredentials } from './credentials.ts'
import {
  emptyRecord,
  judgeAccess,
  type PulledRecord,
  recordAccess,
  recordPulled,
  type VerificationPolicy,
} from './pull-records.ts'

/** What a node remembers of the images it pulled: who has shown that they may have them. */
export interface PulledImages {
  /** A pull begins; until it ends nobody takes the image for one that was there before. Rejects when it cannot be noted. */
  begin(image: string): Promise<void>
  failed(image: string): Promise<void>
  /** `by` is whose credentials the registry took, undefined where it took anybody. */
  pulled(image: string, imageRef: string, by: PullCredentials | undefined): Promise<void>
  /** Whether a pod with these credentials has to ask the registry although the image is there. */
  mustPull(image: string, imageRef: string, credentials: readonly PullCredentials[]): Promise<boolean>
  /** Forgets images that are gone, but for those noted since. */
  prune(imageRefs: ReadonlySet<string>, sinceMs: number): Promise<void>
}
export interface PulledImagesParts {
  /** `pulling` and `pulled` lie below it. */
  readonly directory: string
  readonly runtime: Pick<Runtime, 'imageStatus'>
  readonly clock: Clock
  readonly policy: VerificationPolicy
  readonly complain: (about: string, error: unknown) => void
  readonly measures?: Pick<KubeletMeasures, 'pullsRecorded' | 'pullJudged'>
}

const types = { apiVersion: 'kubelet.config.k8s.io/v1beta1' }

/** Reads what earlier kubelets of this node wrote, in Kubernetes' own format; what is noted outlives this one. */
export async function openPulledImages(parts: PulledImagesParts): Promise<PulledImages> {
  const { directory, runtime, clock, policy, complain, measures } = parts
  const pulling = recordFiles<{ readonly image: string }>(
    join(directory, 'pulling'),
    'ImagePullIntent',
    (one) => one.image,
  )
  const pulled = recordFiles<PulledRecord>(join(directory, 'pulled'), 'ImagePulledRecord', (one) => one.imageRef)
  const intents = new Set((await pulling.read(complain)).map(({ image }) => image))
  const records = new Map((await pulled.read(complain)).map((record) => [record.imageRef, record]))
  const underWay = new Map<string, number>()
  const now = () => timestampOf(clock.now())
  const count = () => measures?.pullsRecorded(intents.size, records.size)

  async function note(record: PulledRecord): Promise<void> {
    records.set(record.imageRef, record)
    await pulled.write(record).catch((error) => complain(`the record of the image ${record.imageRef}`, error))
    count()
  }
  async function end(image: string): Promise<void> {
    const left = (underWay.get(image) ?? 1) - 1
    if (left > 0) {
      underWay.set(image, left)
      return
    }
    underWay.delete(image)
    intents.delete(image)
    await pulling.remove(image).catch((error) => complain(`the record of a pull of ${image}`, error))
    count()
  }
  // A pull that a kubelet did not live to see the end of may have brought the image, for whomever.
  for (const image of intents) {
    try {
      const found = await runtime.imageStatus(image)
      if (found === undefined) continue
      if (!records.has(found.id)) await note(emptyRecord(found.id, now()))
      await end(image)
    } catch (error) {
      complain(`the image ${image}, whose pull was broken off`, error)
    }
  }
  count()
  return {
    async begin(image) {
      underWay.set(image, (underWay.get(image) ?? 0) + 1)
      intents.add(image)
      await pulling.write({ image })
      count()
    },
    failed: end,
    async pulled(image, imageRef, by) {
      const before = records.get(imageRef)
      const record = recordPulled(before, { image, imageRef, by }, now())
      if (record !== before) await note(record)
      await end(image)
    },
    async mustPull(image, imageRef, credentials) {
      const record = records.get(imageRef)
      const { result, learned } = judgeAccess(image, record, intents.has(image), credentials, policy)
      measures?.pullJudged(result)
      if (learned !== undefined && record !== undefined) await note(recordAccess(record, image, learned, now()))
      return result === 'mustAuthenticate'
    },
    async prune(imageRefs, sinceMs) {
      for (const { imageRef, lastUpdatedTime } of [...records.values()]) {
        // What is written has no fractions of a second.
        if (imageRefs.has(imageRef) || Date.parse(lastUpdatedTime) + 1000 > sinceMs) continue
        records.delete(imageRef)
        await pulled.remove(imageRef).catch((error) => complain(`the record of the image ${imageRef}`, error))
      }
      count()
    },
  }
}

/** One directory of such files, each named by the hash of what it is about. What is written of one thing is written in turn. */
function recordFiles<T extends object>(directory: string, kind: string, subjectOf: (record: T) => string) {
  const pathOf = (subject: string) => join(directory, `sha256-${createHash('sha256').update(subject).digest('hex')}`)
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const done = last.then(act)
    last = done.catch(() => {})
    return done
  }
  return {
    async read(complain: (about: string, error: unknown) => void): Promise<readonly T[]> {
      const names = await readdir(directory).catch(() => [])
      const found: T[] = []
      for (const name of names) {
        if (!/^sha256-[0-9a-f]+$/.test(name)) continue
        try {
          const { kind: read, apiVersion: _, ...record } = JSON.parse(await readFile(join(directory, name), 'utf8'))
          if (read === kind && pathOf(subjectOf(record)) === join(directory, name)) found.push(record)
        } catch (error) {
          complain(`the record ${name}`, error)
        }
      }
      return found
    },
    write: (record: T) =>
      inTurn(async () => {
        const path = pathOf(subjectOf(record))
        await mkdir(directory, { recursive: true, mode: 0o700 })
        await writeFile(`${path}.tmp`, JSON.stringify({ kind, ...types, ...record }), { mode: 0o600 })
        await rename(`${path}.tmp`, path)
      }),
    remove: (subject: string) => inTurn(() => rm(pathOf(subject), { force: true })),
  }
}
