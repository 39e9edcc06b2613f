import { whyClaim } from './claim.ts'
import { whyDeployment } from './deployment.ts'
import { whyDeviceClaim } from './device-claim.ts'
import type { Finding } from './finding.ts'
import { whyJob } from './job.ts'
import { whyNamespace } from './namespace.ts'
import { nodeTrouble } from './node.ts'
import { whyPod } from './pod.ts'
import type { World } from './world.ts'

type Explain = (world: World, namespace: string, name: string) => Promise<Finding | undefined>

const explanations: readonly { readonly names: readonly string[]; readonly explain: Explain }[] = [
  { names: ['pod', 'pods', 'po'], explain: whyPod },
  { names: ['deployment', 'deployments', 'deploy'], explain: whyDeployment },
  { names: ['job', 'jobs'], explain: whyJob },
  { names: ['pvc', 'persistentvolumeclaim', 'persistentvolumeclaims'], explain: whyClaim },
  { names: ['resourceclaim', 'resourceclaims'], explain: whyDeviceClaim },
  { names: ['namespace', 'namespaces', 'ns'], explain: (world, _, name) => whyNamespace(world, name) },
  {
    names: ['node', 'nodes', 'no'],
    explain: async (world, _, name) =>
      (await nodeTrouble(world, name)) ?? { about: `Node/${name}`, says: 'is ready; nothing is wrong with it' },
  },
]

/** What can be explained, in the words for it: `pod/NAME`. */
export const explained = explanations.map(({ names }) => names[0]!)

/** How the kind in `KIND/NAME` is explained; undefined when it cannot be. */
export function explanationOf(kind: string): Explain | undefined {
  return explanations.find(({ names }) => names.includes(kind.toLowerCase()))?.explain
}
