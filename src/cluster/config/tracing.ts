import { ConfigError, fieldsOf, type Reader, text } from './read-fields.ts'

export const tracingKinds: readonly string[] = [
  'apiserver.config.k8s.io/v1/TracingConfiguration',
  'apiserver.config.k8s.io/v1beta1/TracingConfiguration',
]

/** Where spans of requests go, and how many are made. */
export interface TracingChoice {
  readonly endpoint: string
  readonly samplingRatePerMillion: number
}

/** Kubernetes: what OpenTelemetry's exporter has unless told otherwise. */
const endpointDefault = 'localhost:4317'
const schemes = ['dns', 'unix', 'unix-abstract']

const rate: Reader<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new ConfigError(`${path} is ${JSON.stringify(value)}, which is not a whole number`)
  if (value < 0) throw new ConfigError(`${path}: Invalid value: ${value}: sampling rate must be positive`)
  if (value > 1_000_000)
    throw new ConfigError(
      `${path}: Invalid value: ${value}: sampling rate per million must be less than or equal to one million`,
    )
  return value
}
const endpoint: Reader<string> = (value, path) => {
  const known = text(value, path)
  const scheme = known.includes('//') ? known.slice(0, known.indexOf(':')) : 'dns'
  if (!schemes.includes(scheme))
    throw new ConfigError(
      `${path}: Invalid value: ${JSON.stringify(known)}: unsupported scheme: ${scheme}.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md`,
    )
  return known
}
const tracingFields = fieldsOf({ endpoint, samplingRatePerMillion: rate })

/** Reads the fields of a TracingConfiguration. Throws a ConfigError that names what is wrong. */
export function readTracing(fields: object): TracingChoice {
  const { endpoint: at = endpointDefault, samplingRatePerMillion = 0 } = tracingFields(fields, '')
  return { endpoint: at, samplingRatePerMillion }
}
