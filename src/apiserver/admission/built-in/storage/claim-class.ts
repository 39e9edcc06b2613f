import type { Draft } from '../../../../resources/index.ts'

/** Where claims named their class before there was a field. */
export const claimClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

/** The class a claim names; empty when it names none. */
export const classOfClaim = ({ metadata, spec }: Draft): string =>
  metadata.annotations?.[claimClassAnnotation] ?? spec?.storageClassName ?? ''
