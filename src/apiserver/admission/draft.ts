import {
  builtInSchema,
  type Draft,
  type ObjectSchema,
  type ResourceDefinition,
  schemaOfKind,
} from '../../resources/index.ts'
import type { Attributes } from './admission.ts'

/** How the object of a request is read in a version of its kind; the body of a subresource may be of a kind of its own. */
export function schemaFor({ kind, definition }: Attributes, version: ResourceDefinition<any>): ObjectSchema {
  const isOwn = kind === undefined || version !== definition || kind.kind === definition.kind
  return isOwn ? version.schema : (schemaOfKind(kind) ?? version.schema)
}

/** The name of that schema's type; custom kinds have none. */
export function typeFor({ kind, definition }: Attributes, version: ResourceDefinition<any>): string {
  const isOwn = kind === undefined || version !== definition || kind.kind === definition.kind
  return isOwn ? version.type : (builtInSchema.typeOfKind(kind)?.name ?? version.type)
}

/** Puts what came of a patch in the place of the draft, which others hold on to. */
export function replaceDraft(draft: Draft, patched: Draft, definition: ResourceDefinition<any>): void {
  const { metadata } = draft
  for (const key of Object.keys(draft)) delete draft[key]
  Object.assign(draft, patched)
  if (metadata !== undefined) {
    for (const key of Object.keys(metadata)) delete metadata[key]
    draft.metadata = Object.assign(metadata, patched.metadata)
  }
  draft.kind ??= definition.kind
}
