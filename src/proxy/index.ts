/** Proxy: makes a node send service traffic to endpoints. Knows services and endpoints; never pods. */

export { type ConntrackChoices, conntrackDefaults } from './conntrack/plan.ts'
export { ProxyHealth } from './health.ts'
export { applyTransaction, removeProxyRules } from './nftables/nft.ts'
export { type ProxyParts, runProxy } from './run.ts'
