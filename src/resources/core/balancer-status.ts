import {
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  ipErrors,
  isIp,
} from '../../machinery/index.ts'
import { complaints } from '../validation/object-meta.ts'

interface Entrance {
  readonly ip?: string
  readonly ipMode?: string
  readonly hostname?: string
}
interface Balanced {
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly Entrance[] } }
}

/** What is wrong with where a load balancer is, of a Service or an Ingress. */
export function balancerStatusErrors({ status }: Balanced): readonly FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap((entrance, index) => {
    const at = `status.loadBalancer.ingress[${index}]`
    const { ip = '', ipMode, hostname = '' } = entrance ?? {}
    const errors: FieldError[] = ip === '' ? [] : [...complaints(`${at}.ip`, ip, ipErrors(ip))]
    if (ip === '' && ipMode !== undefined)
      errors.push(forbiddenField(`${at}.ipMode`, 'may not be specified when `ip` is not set'))
    if (hostname === '') return errors
    errors.push(...complaints(`${at}.hostname`, hostname, dns1123SubdomainErrors(hostname)))
    if (isIp(hostname)) errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'))
    return errors
  })
}
