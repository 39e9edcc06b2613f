/** Scheduler: which node each pod goes to. Knows nodes as numbers, and the API only through its client. */

export { type Extender, extenderOf, type PostToExtender } from './extenders/extender.ts'
export type { ClusterChange, NodeView, SchedulerPlugin, Verdict } from './framework/framework.ts'
export { fits, refuse, refuseAlways } from './framework/framework.ts'
export type { SchedulerParts } from './loop/shared.ts'
export { defaultPlugins } from './plugins/index.ts'
export {
  type ExtenderChoice,
  type ExtenderTls,
  extensionPoints,
  type PluginArguments,
  type ProfileChoice,
  type SchedulerChoices,
} from './profile/choices.ts'
export { type Profile, profileOf } from './profile/profile.ts'
export { profilesOf, schedulerProblem } from './profile/validate.ts'
export { runScheduler } from './run.ts'
export { Trial } from './trial/trial.ts'
