/** Cloud: a small cloud on this machine, with an API of its own. It has never heard of a cluster, but for a name on what it holds. */
export { type Calls, type CloudAction, type CloudApi, cloudActions, isReading } from './calls.ts'
export { type Caller, Cloud, type CloudParts } from './cloud.ts'
export { CloudError } from './errors.ts'
export { cloudOverHttp } from './http/client.ts'
export { type ServedCloud, serveCloud } from './http/serve.ts'
export { ruleText } from './rules.ts'
export {
  type CloudState,
  type Disk,
  type Instance,
  type Listener,
  type LoadBalancer,
  newCloud,
  type Role,
  type Route,
  type Rule,
} from './state.ts'
export { openStateFile } from './state-file.ts'
