import {
  configKeyErrors,
  type FieldError,
  invalid,
  notSupported,
  qualifiedNameErrors,
  required,
} from '../../machinery/index.ts'
import type { LeaseCandidate } from '../generated/types.ts'
import { complaints, immutable } from '../validation/object-meta.ts'

type Candidate = Pick<LeaseCandidate, 'metadata' | 'spec'>
const version = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/

/** The numbers of a version; none when it states none. */
function numbersOf(text: string): readonly number[] {
  const [, ...parts] = version.exec(text) ?? []
  return [0, 1, 2].map((index) => Number(parts[index] ?? 0))
}
function isLower(one: readonly number[], other: readonly number[]): boolean {
  const index = one.findIndex((part, at) => part !== other[at])
  return index >= 0 && one[index]! < other[index]!
}

function strategyErrors(strategy: string): readonly FieldError[] {
  // Kubernetes: the field is named twice.
  const at = 'spec.strategy.strategy'
  if (strategy.includes('/')) return complaints(at, strategy, qualifiedNameErrors(strategy))
  return strategy === 'OldestEmulationVersion' ? [] : [notSupported(at, strategy, ['OldestEmulationVersion'])]
}

/** What is wrong with a candidate for a lease. */
export function leaseCandidateErrors({ spec }: Candidate): readonly FieldError[] {
  const { leaseName = '', emulationVersion = '', binaryVersion = '', strategy = '' } = spec ?? {}
  const errors: FieldError[] = leaseName === '' ? [required('spec.leaseName')] : []
  const why = 'must be a valid semantic version'
  if (emulationVersion !== '' && !version.test(emulationVersion))
    errors.push(invalid('spec.emulationVersion', emulationVersion, why))
  if (binaryVersion === '') errors.push(required('spec.binaryVersion'))
  else if (!version.test(binaryVersion)) errors.push(invalid('spec.binaryVersion', binaryVersion, why))
  const [emulated, binary] = [numbersOf(emulationVersion), numbersOf(binaryVersion)]
  if (binaryVersion !== '' && emulationVersion !== '' && isLower(binary, emulated))
    errors.push(invalid('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`'))
  if (strategy === '') return [...errors, required('spec.strategy')]
  if (strategy === 'OldestEmulationVersion' && emulated.every((part) => part === 0))
    errors.push(required('spec.emulationVersion', "must be specified when `strategy` is 'OldestEmulationVersion'"))
  return [...errors, ...strategyErrors(strategy)]
}

/** The checks of all its versions. */
export const leaseCandidateChecks = {
  name: configKeyErrors,
  create: leaseCandidateErrors,
  update: (next: Candidate, previous: Candidate): readonly FieldError[] => [
    ...leaseCandidateErrors(next),
    ...immutable('spec.leaseName', next.spec?.leaseName ?? '', previous.spec?.leaseName ?? ''),
  ],
}
