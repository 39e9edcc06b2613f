import { timestampOf } from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../definition.ts'
import type { CustomResourceDefinition } from '../generated/types.ts'
import { emptyStatusOf, keepMember, moveGeneration } from '../strategy.ts'

/** The finalizer that keeps a declaration until its objects are gone. */
const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

type Hooks = Pick<
  ResourceDefinition<CustomResourceDefinition>,
  'prepareForCreate' | 'prepareForUpdate' | 'allowUnconditionalUpdate' | 'deletionFinalizers' | 'prepareForDelete'
>

/** What is special about writing declarations: which versions objects were ever stored in is never forgotten. */
export const customResourceDefinitionHooks: Hooks = {
  prepareForCreate(draft) {
    draft.status = emptyStatusOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition')
    draft.metadata.generation = 1
    noteStoredVersion(draft)
  },
  prepareForUpdate(draft, previous) {
    keepMember(draft, previous, 'status')
    draft.status = { ...draft.status }
    moveGeneration(draft, previous)
    noteStoredVersion(draft)
  },
  allowUnconditionalUpdate: false,
  deletionFinalizers: [cleanupFinalizer],
  prepareForDelete(draft, { nowMs }) {
    const conditions = draft.status?.conditions ?? []
    const terminating = {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: timestampOf(nowMs),
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    }
    const others = conditions.filter(({ type }: { type: string }) => type !== 'Terminating')
    draft.status = { ...draft.status, conditions: [...others, terminating] }
  },
}

function noteStoredVersion({ spec, status }: Draft): void {
  const stored = spec?.versions?.find((one: { storage?: boolean }) => one.storage === true)?.name
  const known: readonly string[] = status.storedVersions ?? []
  if (stored !== undefined && !known.includes(stored)) status.storedVersions = [...known, stored]
}
