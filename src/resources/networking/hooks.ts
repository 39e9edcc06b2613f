import type { HooksFor } from '../define.ts'
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../generated/types.ts'
import {
  ingressCells,
  ingressClassCells,
  ipAddressCells,
  networkPolicyCells,
  serviceCidrCells,
} from '../other-cells.ts'

export const ingressHooks: HooksFor<Ingress> = { cells: ingressCells }
export const ingressClassHooks: HooksFor<IngressClass> = { cells: ingressClassCells }
export const ipAddressHooks: HooksFor<IPAddress> = { cells: ipAddressCells }
export const serviceCidrHooks: HooksFor<ServiceCIDR> = { cells: serviceCidrCells }
export const networkPolicyHooks: HooksFor<NetworkPolicy> = { cells: networkPolicyCells }
