import { dns1123SubdomainErrors, type FieldError, invalid, patternError, required } from '../../machinery/index.ts'

const pathPattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const isPath = new RegExp(`^${pathPattern}$`)

/** What is wrong with a path behind a domain: `acme.io/foo`. */
export function domainPrefixedPathErrors(text: string, field: string): readonly FieldError[] {
  if (text === '') return [required(field)]
  const slash = text.indexOf('/')
  const [host, path] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)]
  if (slash < 0 || host === '' || path === '')
    return [invalid(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const errors = dns1123SubdomainErrors(host).map((words) => invalid(field, host, words))
  return isPath.test(path) ? errors : [...errors, invalid(field, path, patternError('Invalid path', pathPattern))]
}
