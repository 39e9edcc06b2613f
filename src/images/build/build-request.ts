import type { ImageStore, NamedImage } from '../store/image-store.ts'

export interface BuildRequest {
  readonly store: ImageStore
  /** The directory that COPY takes from. */
  readonly directory: string
  readonly dockerfile: { readonly text: string; readonly name: string }
  /** Further directories that `COPY --from` may name. */
  readonly directories?: Readonly<Record<string, string>>
  readonly names: readonly string[]
  readonly buildArguments?: Readonly<Record<string, string>>
  /** As OCI names it. */
  readonly architecture: string
  readonly isRoot: boolean
  /** Without it, every command runs again. */
  readonly useRemembered?: boolean
  /** An image that FROM or `COPY --from` names; rejects when there is none. */
  readonly imageNamed: (reference: string) => Promise<NamedImage>
  readonly onProgress: (line: string) => void
}
