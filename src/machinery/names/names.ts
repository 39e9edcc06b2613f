import { isIp } from '../network/ip.ts'

// Each check answers with what is wrong, worded as Kubernetes words it, and with an empty list when nothing is.

const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`
const label1035Pattern = '[a-z]([-a-z0-9]*[a-z0-9])?'
const keyPattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const valuePattern = `(${keyPattern})?`
const wildcardPattern = `\\*\\.${subdomainPattern}`
const configKeyPattern = '[-._a-zA-Z0-9]+'
const identifierPattern = '[A-Za-z_][A-Za-z0-9_]*'
const percentPattern = '[0-9]+%'
const headerPattern = '[-A-Za-z0-9]+'

const whole = (pattern: string) => new RegExp(`^${pattern}$`)
const label = whole(labelPattern)
const subdomain = whole(subdomainPattern)
const label1035 = whole(label1035Pattern)
const key = whole(keyPattern)
const value = whole(valuePattern)
const wildcard = whole(wildcardPattern)
const configKey = whole(configKeyPattern)
const identifier = whole(identifierPattern)
const percent = whole(percentPattern)
const header = whole(headerPattern)

export const labelLengthMax = 63
export const subdomainLengthMax = 253

const none: readonly string[] = []
/** Lengths are limited in bytes, as Go counts them. */
function byteLength(text: string): number {
  let length = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return length
}

/** What a text that misses a pattern is told. */
export function patternError(message: string, pattern: string, ...examples: readonly string[]): string {
  const shown = examples.length === 0 ? '' : `e.g. '${examples.join("',  or '")}', `
  return `${message} (${shown}regex used for validation is '${pattern}')`
}
/** What a text that is too long is told. */
export function lengthError(lengthMax: number, unit: 'bytes' | 'characters' = 'characters'): string {
  return `must be no more than ${lengthMax} ${unit}`
}
/** What a number outside its limits is told. */
export function rangeError(min: number, max: number): string {
  return `must be between ${min} and ${max}, inclusive`
}

const labelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const label1035Message =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
const keyMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const valueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const wildcardMessage =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"

/** Names that are one label of a domain: namespaces, containers, ports' owners. */
export function dns1123LabelErrors(text: string): readonly string[] {
  if (text.length <= labelLengthMax && label.test(text)) return none
  const errors: string[] = []
  if (byteLength(text) > labelLengthMax) errors.push(lengthError(labelLengthMax))
  if (!label.test(text)) {
    // Kubernetes: a good subdomain that is no label can only have dots.
    errors.push(
      subdomain.test(text) ? 'must not contain dots' : patternError(labelMessage, labelPattern, 'my-name', '123-abc'),
    )
  }
  return errors
}

/** Names that are a domain: most objects. */
export function dns1123SubdomainErrors(text: string): readonly string[] {
  if (text.length <= subdomainLengthMax && subdomain.test(text)) return none
  const errors: string[] = []
  if (byteLength(text) > subdomainLengthMax) errors.push(lengthError(subdomainLengthMax))
  if (!subdomain.test(text)) errors.push(patternError(subdomainMessage, subdomainPattern, 'example.com'))
  return errors
}

const underscoredLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const underscoredPattern = `${underscoredLabel}(\\.${underscoredLabel})*`
const underscored = new RegExp(`^${underscoredPattern}$`)

/** Domains that may have underscores in them: where DNS is searched. */
export function searchDomainErrors(text: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(text) > subdomainLengthMax) errors.push(lengthError(subdomainLengthMax))
  if (underscored.test(text)) return errors
  const message = subdomainMessage.replace("'-' or", "'_', '-' or")
  return [...errors, patternError(message, underscoredPattern, 'example.com')]
}

/** Names that must start with a letter: Services once. */
export function dns1035LabelErrors(text: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(text) > labelLengthMax) errors.push(lengthError(labelLengthMax))
  if (!label1035.test(text)) errors.push(patternError(label1035Message, label1035Pattern, 'my-name', 'abc-123'))
  return errors
}

/** Host names of Ingress rules that begin with `*.`. */
export function wildcardSubdomainErrors(text: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(text) > subdomainLengthMax) errors.push(lengthError(subdomainLengthMax))
  if (!wildcard.test(text)) errors.push(patternError(wildcardMessage, wildcardPattern, '*.example.com'))
  return errors
}

/** Kubernetes: the length of a key's prefix is told in bytes, that of a name in characters. */
function prefixErrors(text: string): readonly string[] {
  return dns1123SubdomainErrors(text).map((error) =>
    error.replace(/^(must be no more than \d+) characters$/, '$1 bytes'),
  )
}

/** Keys of labels and annotations, finalizers, condition types: a name with an optional domain before a slash. */
export function qualifiedNameErrors(text: string): readonly string[] {
  const parts = text.split('/')
  if (parts.length > 2)
    return [
      `a valid label key ${patternError(keyMessage, keyPattern, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  const errors: string[] = []
  const name = parts.at(-1)!
  if (parts.length === 2) {
    if (parts[0] === '') errors.push('prefix part must be non-empty')
    else errors.push(...prefixErrors(parts[0]!).map((error) => `prefix part ${error}`))
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (byteLength(name) > labelLengthMax) errors.push(`name part ${lengthError(labelLengthMax, 'bytes')}`)
  if (!key.test(name)) errors.push(`name part ${patternError(keyMessage, keyPattern, 'MyName', 'my.name', '123-abc')}`)
  return errors
}

/** Values of labels. */
export function labelValueErrors(text: string): readonly string[] {
  if (text.length <= labelLengthMax && value.test(text)) return none
  const errors: string[] = []
  if (byteLength(text) > labelLengthMax) errors.push(lengthError(labelLengthMax, 'bytes'))
  if (!value.test(text)) errors.push(patternError(valueMessage, valuePattern, 'MyValue', 'my_value', '12345'))
  return errors
}

/** Names of ports, as IANA registers services. */
export function portNameErrors(text: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(text) > 15) errors.push(lengthError(15))
  if (!/^[-a-z0-9]+$/.test(text)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(text)) errors.push('must contain at least one letter (a-z)')
  if (text.includes('--')) errors.push('must not contain consecutive hyphens')
  if (text.startsWith('-') || text.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}

/** Numbers of ports. */
export function portNumberErrors(port: number): readonly string[] {
  return inRangeErrors(port, 1, 65535)
}

export function inRangeErrors(number: number, min: number, max: number): readonly string[] {
  return number >= min && number <= max ? none : [rangeError(min, max)]
}

/** Names of environment variables: anything printable without `=`. */
export function environmentNameErrors(text: string): readonly string[] {
  if (text === '') return ['environment variable name must be non-empty']
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(text)
    ? none
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/** Keys of ConfigMaps and Secrets, which become file names. */
export function configKeyErrors(text: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(text) > subdomainLengthMax) errors.push(lengthError(subdomainLengthMax))
  if (!configKey.test(text))
    errors.push(
      patternError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configKeyPattern,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    )
  if (text === '.') errors.push("must not be '.'")
  else if (text === '..') errors.push("must not be '..'")
  else if (text.startsWith('..')) errors.push("must not start with '..'")
  return errors
}

export function identifierErrors(text: string): readonly string[] {
  return identifier.test(text)
    ? none
    : [
        patternError(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          identifierPattern,
          'my_name',
          'MY_NAME',
          'MyName',
        ),
      ]
}

/** Names that may be anything that fits in one segment of a path: RBAC roles, CSRs. */
export function pathSegmentErrors(text: string, options: { readonly prefix?: boolean } = {}): readonly string[] {
  if (options.prefix !== true && (text === '.' || text === '..')) return [`may not be '${text}'`]
  return ['/', '%'].filter((one) => text.includes(one)).map((one) => `may not contain '${one}'`)
}

export function percentErrors(text: string): readonly string[] {
  return percent.test(text)
    ? none
    : [
        patternError(
          "a valid percent string must be a numeric string followed by an ending '%'",
          percentPattern,
          '1%',
          '93%',
        ),
      ]
}

export function headerNameErrors(text: string): readonly string[] {
  return header.test(text)
    ? none
    : [
        patternError(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          headerPattern,
          'X-Header-Name',
        ),
      ]
}

/** Addresses in the lax form older fields accept. */
export function ipErrors(text: string): readonly string[] {
  return isIp(text) ? none : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']
}

/** A check for names that will have a generated tail: a trailing dash is allowed in them. */
export function ofGeneratedName(check: (text: string) => readonly string[]): (prefix: string) => readonly string[] {
  return (prefix) => check(prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix)
}
