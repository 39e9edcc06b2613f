/** Semantic versions: `semver()`, `isSemver()` and comparisons. */
import type { FunctionDeclaration } from '../check/declarations.ts'
import { member, plain } from '../library/declare.ts'
import { boolType, intType, stringType, structType } from '../types/type.ts'
import { CelError, intOf, noSuchOverload, ObjectValue, uint64Max, type Value } from '../values/value.ts'

const semverType = structType('kubernetes.Semver')

/** A version with its parts. Build metadata has no say in comparisons. */
export class SemverValue extends ObjectValue {
  readonly type = semverType
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly prerelease: readonly (bigint | string)[]
  readonly text: string
  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly (bigint | string)[], text: string) {
    super()
    this.numbers = numbers
    this.prerelease = prerelease
    this.text = text
  }

  equals(other: Value): boolean | CelError {
    return other instanceof SemverValue ? compareVersions(this, other) === 0 : noSuchOverload
  }
}

class VersionProblem extends Error {}

function numberOf(text: string, part: string): bigint {
  const name = part.toLowerCase()
  if (!/^\d*$/.test(text))
    throw new VersionProblem(`Invalid character(s) found in ${name} number ${JSON.stringify(text)}`)
  if (text.length > 1 && text.startsWith('0')) {
    throw new VersionProblem(`${part} number must not contain leading zeroes ${JSON.stringify(text)}`)
  }
  return whole(text)
}

function whole(text: string): bigint {
  if (text === '') throw new VersionProblem('strconv.ParseUint: parsing "": invalid syntax')
  const number = BigInt(text)
  if (number > uint64Max)
    throw new VersionProblem(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`)
  return number
}

function prereleaseOf(text: string): bigint | string {
  if (text === '') throw new VersionProblem('Prerelease is empty')
  if (/^\d+$/.test(text)) {
    if (text.length > 1 && text.startsWith('0')) {
      throw new VersionProblem(`Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(text)}`)
    }
    return whole(text)
  }
  if (!/^[A-Za-z0-9-]+$/.test(text)) {
    throw new VersionProblem(`Invalid character(s) found in prerelease ${JSON.stringify(text)}`)
  }
  return text
}

function checkBuild(text: string): void {
  if (text === '') throw new VersionProblem('Build meta data is empty')
  if (!/^[A-Za-z0-9-]+$/.test(text)) {
    throw new VersionProblem(`Invalid character(s) found in build meta data ${JSON.stringify(text)}`)
  }
}

/** At the first two dots, as Go's `SplitN(s, ".", 3)`. */
function threeParts(text: string): readonly string[] {
  const [first = '', second, ...rest] = text.split('.')
  if (second === undefined) return [first]
  return rest.length === 0 ? [first, second] : [first, second, rest.join('.')]
}

function parseVersion(text: string): SemverValue {
  if (text === '') throw new VersionProblem('Version string empty')
  const parts = threeParts(text)
  if (parts.length !== 3) throw new VersionProblem('No Major.Minor.Patch elements found')
  const major = numberOf(parts[0]!, 'Major')
  const minor = numberOf(parts[1]!, 'Minor')
  const [beforeBuild = '', ...build] = parts[2]!.split('+')
  const dash = beforeBuild.indexOf('-')
  const patch = numberOf(dash === -1 ? beforeBuild : beforeBuild.slice(0, dash), 'Patch')
  const prerelease =
    dash === -1
      ? []
      : beforeBuild
          .slice(dash + 1)
          .split('.')
          .map(prereleaseOf)
  if (build.length > 0) build.join('+').split('.').forEach(checkBuild)
  return new SemverValue([major, minor, patch], prerelease, text)
}

/** A version written short, with a `v` or with leading zeroes, made whole. */
function normalized(text: string): string {
  const parts = threeParts(text.startsWith('v') ? text.slice(1) : text).map((part) => {
    if (part.length <= 1) return part
    const trimmed = part.replace(/^0+/, '')
    return /^\d/.test(trimmed) ? trimmed : `0${trimmed}`
  })
  if (parts.length < 3) {
    if (/[+-]/.test(parts.at(-1)!)) throw new VersionProblem('short version cannot contain PreRelease/Build meta data')
    while (parts.length < 3) parts.push('0')
  }
  return parts.join('.')
}

/** A version as its text says, or an error in Kubernetes' words. */
export function versionOf(text: string, { normalize }: { readonly normalize: boolean }): SemverValue | CelError {
  try {
    return parseVersion(normalize ? normalized(text) : text)
  } catch (error) {
    if (error instanceof VersionProblem) return new CelError(error.message)
    throw error
  }
}

const order = <T extends bigint | string>(left: T, right: T): number => (left < right ? -1 : left > right ? 1 : 0)

function comparePrerelease(left: bigint | string, right: bigint | string): number {
  if (typeof left !== typeof right) return typeof left === 'bigint' ? -1 : 1
  return order(left, right)
}

function compareVersions(left: SemverValue, right: SemverValue): number {
  for (const at of [0, 1, 2] as const) {
    const result = order(left.numbers[at], right.numbers[at])
    if (result !== 0) return result
  }
  if (left.prerelease.length === 0 || right.prerelease.length === 0) {
    return Math.sign(right.prerelease.length) - Math.sign(left.prerelease.length)
  }
  const length = Math.min(left.prerelease.length, right.prerelease.length)
  for (let at = 0; at < length; at++) {
    const result = comparePrerelease(left.prerelease[at]!, right.prerelease[at]!)
    if (result !== 0) return result
  }
  return Math.sign(left.prerelease.length - right.prerelease.length)
}

const version = (value: Value | undefined) => value as SemverValue
const pair = [semverType, semverType] as const
const number = (name: string, at: 0 | 1 | 2): FunctionDeclaration => ({
  name,
  overloads: [
    member(`semver_${name}`, [semverType], intType, ([value]) => intOf(BigInt.asIntN(64, version(value).numbers[at]))),
  ],
})

/** The functions of semantic versions. */
export const versionFunctions: readonly FunctionDeclaration[] = [
  {
    name: 'semver',
    overloads: [
      plain('string_to_semver', [stringType], semverType, ([text]) => versionOf(text as string, { normalize: false })),
      plain('string_bool_to_semver', [stringType, boolType], semverType, ([text, normalize]) =>
        versionOf(text as string, { normalize: normalize === true }),
      ),
    ],
  },
  {
    name: 'isSemver',
    overloads: [
      plain(
        'is_semver_string',
        [stringType],
        boolType,
        ([text]) => versionOf(text as string, { normalize: false }) instanceof SemverValue,
      ),
      plain(
        'is_semver_string_bool',
        [stringType, boolType],
        boolType,
        ([text, normalize]) => versionOf(text as string, { normalize: normalize === true }) instanceof SemverValue,
      ),
    ],
  },
  {
    name: 'isGreaterThan',
    overloads: [
      member(
        'semver_is_greater_than',
        pair,
        boolType,
        ([left, right]) => compareVersions(version(left), version(right)) > 0,
      ),
    ],
  },
  {
    name: 'isLessThan',
    overloads: [
      member(
        'semver_is_less_than',
        pair,
        boolType,
        ([left, right]) => compareVersions(version(left), version(right)) < 0,
      ),
    ],
  },
  {
    name: 'compareTo',
    overloads: [
      member('semver_compare_to', pair, intType, ([left, right]) => compareVersions(version(left), version(right))),
    ],
  },
  number('major', 0),
  number('minor', 1),
  number('patch', 2),
]
