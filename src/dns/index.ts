/** DNS: the cluster's names for services and pods. Knows the API's caches and the wire; never how traffic flows. */
export { type DnsParts, runDns } from './run.ts'
