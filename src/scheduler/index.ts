/** Scheduler: which node each pod goes to. Knows nodes as numbers, and the API only through its client. */
export type { ClusterChange, NodeView, SchedulerPlugin, Verdict } from './framework/framework.ts'
export { fits, refuse, refuseAlways } from './framework/framework.ts'
export { defaultPlugins } from './plugins/index.ts'
export { chosenPoints, type PluginSet, type Profile, type ProfileChoice, profileOf } from './profile/profile.ts'
export { runScheduler, type SchedulerParts } from './run.ts'
