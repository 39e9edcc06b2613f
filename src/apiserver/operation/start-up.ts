import type { HealthCheck } from '../../machinery/index.ts'

/** How far a server's start has come: what it must hold is there, admission is told of, so are custom kinds, and all it serves is registered. */
export type Stage = 'bootstrapped' | 'admitting' | 'declared' | 'registered'

/** Kubernetes: the names under which its health pages tell of a server's start, in their order; each with what it takes of ours. */
const hooks: readonly (readonly [name: string, stage: Stage])[] = [
  ['start-apiserver-admission-initializer', 'admitting'],
  ['generic-apiserver-start-informers', 'admitting'],
  ['priority-and-fairness-config-consumer', 'bootstrapped'],
  ['priority-and-fairness-filter', 'bootstrapped'],
  ['storage-object-count-tracker-hook', 'bootstrapped'],
  ['start-apiextensions-informers', 'declared'],
  ['start-apiextensions-controllers', 'declared'],
  ['crd-informer-synced', 'declared'],
  ['start-system-namespaces-controller', 'bootstrapped'],
  ['start-cluster-authentication-info-controller', 'bootstrapped'],
  ['start-kube-apiserver-identity-lease-controller', 'registered'],
  ['start-kube-apiserver-identity-lease-garbage-collector', 'registered'],
  ['storage-readiness', 'bootstrapped'],
  ['start-legacy-token-tracking-controller', 'bootstrapped'],
  ['start-service-ip-repair-controllers', 'bootstrapped'],
  ['rbac/bootstrap-roles', 'bootstrapped'],
  ['scheduling/bootstrap-system-priority-classes', 'bootstrapped'],
  ['priority-and-fairness-config-producer', 'bootstrapped'],
  ['bootstrap-controller', 'bootstrapped'],
  ['start-kubernetes-service-cidr-controller', 'bootstrapped'],
  ['aggregator-reload-proxy-client-cert', 'registered'],
  ['start-kube-aggregator-informers', 'declared'],
  ['apiservice-status-local-available-controller', 'registered'],
  ['apiservice-status-remote-available-controller', 'declared'],
  ['apiservice-registration-controller', 'declared'],
  ['apiservice-discovery-controller', 'declared'],
  ['kube-apiserver-autoregistration', 'registered'],
  ['apiservice-openapi-controller', 'declared'],
  ['apiservice-openapiv3-controller', 'declared'],
]

/** What the health pages say of a server's start. */
export class StartUp {
  private readonly reached = new Set<Stage>()

  /** Notes that the start has come so far. */
  reach(stage: Stage): void {
    this.reached.add(stage)
  }

  /** A check for each step of the start; those of the lease of the server are there where it has one. */
  checks(hasIdentity: boolean): readonly HealthCheck[] {
    const taken = hooks.filter(([name]) => hasIdentity || !name.includes('identity-lease'))
    const checks = taken.map(([name, stage]) => this.check(`poststarthook/${name}`, stage))
    const after = checks.findIndex(({ name }) => name.endsWith('/kube-apiserver-autoregistration')) + 1
    return checks.toSpliced(after, 0, this.check('autoregister-completion', 'registered'))
  }

  private check(name: string, stage: Stage): HealthCheck {
    return { name, check: () => (this.reached.has(stage) ? '' : 'not finished') }
  }
}
