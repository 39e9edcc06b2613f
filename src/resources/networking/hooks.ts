import { ipText, isIp, parseIp } from '../../machinery/index.ts'
import { balancerStatusErrors } from '../core/balancer-status.ts'
import type { HooksFor } from '../define.ts'
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../generated/types.ts'
import {
  ingressCells,
  ingressClassCells,
  ipAddressCells,
  networkPolicyCells,
  serviceCidrCells,
} from '../other-cells.ts'
import {
  ingressClassErrors,
  ingressClassUpdateErrors,
  ingressErrors,
  ingressWarnings,
  ipAddressErrors,
  ipAddressUpdateErrors,
  networkPolicyErrors,
  newIngressErrors,
  serviceCidrErrors,
  serviceCidrUpdateErrors,
} from './validate.ts'

export const ingressHooks: HooksFor<Ingress> = {
  cells: ingressCells,
  checks: { create: newIngressErrors, update: ingressErrors, status: balancerStatusErrors },
  warnings: ingressWarnings,
}
export const ingressClassHooks: HooksFor<IngressClass> = {
  cells: ingressClassCells,
  checks: { create: ingressClassErrors, update: ingressClassUpdateErrors },
}
/** Kubernetes: the name of such an object is the address itself, in its one canonical form. */
const addressName = (name: string): readonly string[] => {
  const address = parseIp(name)
  if (address === undefined || !isIp(name)) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']
  return ipText(address) === name ? [] : ['must be an IP address in canonical form']
}
export const ipAddressHooks: HooksFor<IPAddress> = {
  cells: ipAddressCells,
  checks: { name: addressName, create: ipAddressErrors, update: ipAddressUpdateErrors },
}
export const serviceCidrHooks: HooksFor<ServiceCIDR> = {
  cells: serviceCidrCells,
  checks: { create: serviceCidrErrors, update: serviceCidrUpdateErrors },
}
export const networkPolicyHooks: HooksFor<NetworkPolicy> = {
  cells: networkPolicyCells,
  checks: { create: (policy) => networkPolicyErrors(policy), update: networkPolicyErrors },
}
