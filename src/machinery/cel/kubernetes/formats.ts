/** Named formats: `format.dns1123Label().validate(text)`. */
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  ofGeneratedName,
  qualifiedNameErrors,
} from '../../names/names.ts'
import type { FunctionDeclaration } from '../check/declarations.ts'
import { member, plain } from '../library/declare.ts'
import { listOf, opaqueType, optionalOf, stringType } from '../types/type.ts'
import { tryTimestamp } from '../values/time.ts'
import { type CelError, noneOptional, noSuchOverload, ObjectValue, Optional, type Value } from '../values/value.ts'
import { urlProblem } from './urls.ts'

const formatType = opaqueType('kubernetes.NamedFormat')

type Check = (text: string) => readonly string[]

/** A format that texts can be checked against. */
export class FormatValue extends ObjectValue {
  readonly type = formatType
  readonly name: string
  readonly check: Check
  /** How long the pattern behind it may be, which is what a check costs. */
  readonly patternSizeMax: number
  constructor(name: string, check: Check, patternSizeMax: number) {
    super()
    this.name = name
    this.check = check
    this.patternSizeMax = patternSizeMax
  }

  equals(other: Value): boolean | CelError {
    return other instanceof FormatValue ? this.name === other.name : noSuchOverload
  }
}

const unless =
  (valid: (text: string) => boolean, message: string): Check =>
  (text) =>
    valid(text) ? [] : [message]

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const uuidPatternSize = 70
const dateTimePatternSize = 71
const base64PatternSize = 84
const urlPatternSize = 1103

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/
const isBase64 = (text: string) => base64.test(text)
const isDate = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && tryTimestamp(`${text}T00:00:00Z`) !== undefined

const dateTime = /^(\d{4}-\d{2}-\d{2})t(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/

function isDateTime(text: string): boolean {
  const [, date = '', hour = '', minute = '', second = ''] = dateTime.exec(text.toLowerCase()) ?? []
  return isDate(date) && Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59
}

const all: readonly (readonly [string, FormatValue])[] = [
  ['dns1123Label', new FormatValue('DNS1123Label', dns1123LabelErrors, 30)],
  ['dns1123Subdomain', new FormatValue('DNS1123Subdomain', dns1123SubdomainErrors, 60)],
  ['dns1035Label', new FormatValue('DNS1035Label', dns1035LabelErrors, 30)],
  ['qualifiedName', new FormatValue('QualifiedName', qualifiedNameErrors, 60)],
  ['dns1123LabelPrefix', new FormatValue('DNS1123LabelPrefix', ofGeneratedName(dns1123LabelErrors), 30)],
  ['dns1123SubdomainPrefix', new FormatValue('DNS1123SubdomainPrefix', ofGeneratedName(dns1123SubdomainErrors), 60)],
  ['dns1035LabelPrefix', new FormatValue('DNS1035LabelPrefix', ofGeneratedName(dns1035LabelErrors), 30)],
  ['labelValue', new FormatValue('LabelValue', labelValueErrors, 40)],
  [
    'uri',
    new FormatValue('URI', (text) => [urlProblem(text)].filter((problem) => problem !== undefined), urlPatternSize),
  ],
  [
    'uuid',
    new FormatValue(
      'uuid',
      unless((text) => uuid.test(text), 'does not match the UUID format'),
      uuidPatternSize,
    ),
  ],
  ['byte', new FormatValue('byte', unless(isBase64, 'invalid base64'), base64PatternSize)],
  ['date', new FormatValue('date', unless(isDate, 'invalid date'), dateTimePatternSize)],
  ['datetime', new FormatValue('datetime', unless(isDateTime, 'invalid datetime'), dateTimePatternSize)],
]
const byName = new Map(all)

/** The functions of named formats. */
export const formatFunctions: readonly FunctionDeclaration[] = [
  ...all.map(
    ([name, format]): FunctionDeclaration => ({
      name: `format.${name}`,
      overloads: [plain(`format.${name}`, [], formatType, () => format)],
    }),
  ),
  {
    name: 'format.named',
    overloads: [
      plain('format-named', [stringType], optionalOf(formatType), ([name]) => {
        const format = byName.get(name as string)
        return format === undefined ? noneOptional : new Optional(format)
      }),
    ],
  },
  {
    name: 'validate',
    overloads: [
      member('format-validate', [formatType, stringType], optionalOf(listOf(stringType)), ([format, text]) => {
        const errors = (format as FormatValue).check(text as string)
        return errors.length === 0 ? noneOptional : new Optional(errors)
      }),
    ],
  },
]
