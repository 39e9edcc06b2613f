import {
  dns1123SubdomainErrors,
  type FieldError,
  invalid,
  portNumberErrors,
  required,
  UrlProblem,
  urlPartsOf,
} from '../../machinery/index.ts'

/** Where a webhook is: a URL, or a Service of the cluster. */
export interface WebhookClient {
  readonly url?: string
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
  readonly caBundle?: string
}

const form = '; desired format: https://host[/path]'

/** What is wrong with the way to a webhook. */
export function webhookClientErrors({ url, service }: WebhookClient, path: string): readonly FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(path, 'exactly one of url or service is required')]
  return url === undefined ? serviceErrors(service!, `${path}.service`) : urlErrors(url, `${path}.url`)
}

function urlErrors(text: string, path: string): readonly FieldError[] {
  let parts: ReturnType<typeof urlPartsOf>
  try {
    parts = urlPartsOf(text, { viaRequest: false })
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error
    // Kubernetes: such a URL is told to be missing.
    return [required(path, `url must be a valid URL: parse ${JSON.stringify(text)}: ${error.message}${form}`)]
  }
  const errors: FieldError[] = []
  const { scheme, user, host, query = '', fragment = '' } = parts
  if (scheme !== 'https') errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${form}`))
  if (host === '') errors.push(invalid(path, host, `host must be specified${form}`))
  if (user !== undefined) errors.push(invalid(path, user, 'user information is not permitted in the URL'))
  if (fragment !== '') errors.push(invalid(path, fragment, 'fragments are not permitted in the URL'))
  if (query !== '') errors.push(invalid(path, query, 'query parameters are not permitted in the URL'))
  return errors
}

function serviceErrors(service: NonNullable<WebhookClient['service']>, path: string): readonly FieldError[] {
  const { name, namespace, port = 443, path: urlPath = '' } = service
  const errors: FieldError[] = []
  // Kubernetes: each of the two is told under the other's name.
  if ((namespace ?? '') === '') errors.push(required(`${path}.name`))
  if ((name ?? '') === '') errors.push(required(`${path}.namespace`))
  const words = portNumberErrors(port)
  if (words.length > 0) errors.push(invalid(`${path}.port`, port, `port is not valid: ${words.join(', ')}`))
  return [...errors, ...pathErrors(urlPath, `${path}.path`)]
}

function pathErrors(urlPath: string, path: string): readonly FieldError[] {
  if (urlPath === '' || urlPath === '/') return []
  if (urlPath === '//') return [invalid(path, urlPath, 'segment[0] may not be empty')]
  const errors = urlPath.startsWith('/') ? [] : [invalid(path, urlPath, "must start with a '/'")]
  const steps = urlPath.slice(1).replace(/\/$/, '').split('/')
  return [
    ...errors,
    ...steps.flatMap((step, index) =>
      step === ''
        ? [invalid(path, urlPath, `segment[${index}] may not be empty`)]
        : dns1123SubdomainErrors(step).map((why) => invalid(path, urlPath, `segment[${index}]: ${why}`)),
    ),
  ]
}
