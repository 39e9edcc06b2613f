import { timestampOf } from '../../machinery/index.ts'
import type { StorageVersion } from '../generated/types.ts'

type Status = NonNullable<StorageVersion['status']>

/** The status of a StorageVersion with these servers: the version they all write, if they agree, and whether they do. */
export function agreementOf(
  { metadata, status }: StorageVersion,
  storageVersions: NonNullable<Status['storageVersions']>,
  nowMs: number,
): Status {
  const encodings = new Set(storageVersions.map(({ encodingVersion }) => encodingVersion))
  const common = encodings.size === 1 ? storageVersions[0]!.encodingVersion : undefined
  const before = status?.conditions?.find(({ type }) => type === 'AllEncodingVersionsEqual')
  const agreed = common === undefined ? 'False' : 'True'
  // Kubernetes: servers that come to agree on another version are a transition, too.
  const stays = before?.status === agreed && (agreed === 'False' || status?.commonEncodingVersion === common)
  const condition = {
    type: 'AllEncodingVersionsEqual',
    status: agreed,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    lastTransitionTime: (stays ? before.lastTransitionTime : undefined) ?? timestampOf(nowMs),
    reason: common === undefined ? 'CommonEncodingVersionUnset' : 'CommonEncodingVersionSet',
    message: common === undefined ? 'Common encoding version unset' : 'Common encoding version set',
  }
  const others = (status?.conditions ?? []).filter(({ type }) => type !== condition.type)
  return {
    ...(storageVersions.length === 0 ? {} : { storageVersions }),
    ...(common === undefined ? {} : { commonEncodingVersion: common }),
    conditions: [...others, condition],
  }
}
