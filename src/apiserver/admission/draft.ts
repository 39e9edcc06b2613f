import type { Draft, ResourceDefinition } from '../../resources/index.ts'

/** Puts what came of a patch in the place of the draft, which others hold on to. */
export function replaceDraft(draft: Draft, patched: Draft, definition: ResourceDefinition<any>): void {
  const { metadata } = draft
  for (const key of Object.keys(draft)) delete draft[key]
  for (const key of Object.keys(metadata)) delete metadata[key]
  Object.assign(metadata, patched.metadata)
  Object.assign(draft, patched, { metadata })
  draft.kind ??= definition.kind
}
