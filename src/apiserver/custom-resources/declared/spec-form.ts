import { givenEmpty, sameJson } from '../../../machinery/index.ts'
import type { CustomResourceDefinition } from '../../../resources/index.ts'

type Spec = CustomResourceDefinition['spec']
export type Version = Spec['versions'][number]

/** A spec as Kubernetes' checks see it, which gives fields the paths that their errors name. */
export interface SpecForm extends Pick<Spec, 'group' | 'scope' | 'names' | 'conversion' | 'preserveUnknownFields'> {
  readonly versions: readonly Version[]
  /** Whether there is a list of versions, be it an empty one. */
  readonly versionsAreStated: boolean
  /** What all versions say alike stands here, and in no version. */
  readonly validation?: Version['schema']
  readonly subresources?: Version['subresources']
  readonly additionalPrinterColumns?: Version['additionalPrinterColumns']
  readonly selectableFields?: Version['selectableFields']
}

const shared = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

/** Kubernetes: what is the same in all versions is kept once, and errors about it name that place. */
export function specForm(spec: Spec): SpecForm {
  const { group, scope, names, conversion, preserveUnknownFields } = spec
  const versions = spec.versions ?? []
  const first = versions[0]
  const alike = shared.filter((member) =>
    versions.every((one) => sameJson(one[member] ?? null, first?.[member] ?? null)),
  )
  const top: Record<string, unknown> = {}
  for (const member of alike)
    if (first?.[member] !== undefined) top[member === 'schema' ? 'validation' : member] = first[member]
  const others = versions.map((one) => {
    const rest: Record<string, unknown> = { ...one }
    for (const member of alike) delete rest[member]
    return rest as unknown as Version
  })
  return {
    group,
    scope,
    names,
    versions: others,
    versionsAreStated: (spec.versions ?? givenEmpty(spec, 'versions') ?? null) !== null,
    ...(conversion === undefined ? {} : { conversion }),
    ...(preserveUnknownFields === undefined ? {} : { preserveUnknownFields }),
    ...top,
  }
}

/** All schemas of a spec. */
export function schemasOf(form: SpecForm): readonly object[] {
  return [form.validation, ...form.versions.map(({ schema }) => schema)]
    .map((one) => one?.openAPIV3Schema)
    .filter((one) => one !== undefined)
}
