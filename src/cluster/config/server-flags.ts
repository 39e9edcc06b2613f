import type { ClusterSettings } from './settings.ts'

/** What the API server was started with, under the names of kube-apiserver's flags; names of files instead of what is in them. */
export function serverFlags(settings: ClusterSettings, advertiseAddress: string): Readonly<Record<string, string>> {
  const { network, features = {}, reviewers = {}, serving = {}, admission = {} } = settings
  const pairs = (map: Readonly<Record<string, unknown>> = {}) =>
    Object.entries(map)
      .map(([name, value]) => `${name}=${String(value)}`)
      .sort()
      .join(',')
  return {
    'advertise-address': advertiseAddress,
    ...(settings.authorizationConfig === undefined
      ? { 'authorization-mode': reviewers.authorization === undefined ? 'Node,RBAC' : 'Node,RBAC,Webhook' }
      : { 'authorization-config': settings.authorizationConfig }),
    ...(settings.authenticationConfig === undefined ? {} : { 'authentication-config': settings.authenticationConfig }),
    ...(reviewers.authentication === undefined
      ? {}
      : { 'authentication-token-webhook-config-file': reviewers.authentication }),
    ...(reviewers.authorization === undefined ? {} : { 'authorization-webhook-config-file': reviewers.authorization }),
    ...(settings.encryptionConfig === undefined
      ? {}
      : {
          'encryption-provider-config': settings.encryptionConfig,
          'encryption-provider-config-automatic-reload': String(settings.encryptionReload ?? false),
        }),
    ...(admission.configFile === undefined ? {} : { 'admission-control-config-file': admission.configFile }),
    'disable-admission-plugins': (admission.disabled ?? []).join(','),
    'enable-admission-plugins': ['NodeRestriction', ...(admission.enabled ?? [])].join(','),
    'event-ttl': '1h0m0s',
    'feature-gates': pairs(features.gates),
    'logging-format': settings.logFormat,
    'max-mutating-requests-inflight': String(serving.maxMutatingRequestsInflight ?? 200),
    'max-requests-inflight': String(serving.maxRequestsInflight ?? 400),
    ...(settings.oidc === undefined
      ? {}
      : { 'oidc-client-id': settings.oidc.clientID, 'oidc-issuer-url': settings.oidc.issuerURL }),
    'runtime-config': pairs(features.runtimeConfig as Readonly<Record<string, unknown>> | undefined),
    'secure-port': String(settings.port),
    'service-cluster-ip-range': network.serviceCidr,
    'service-node-port-range': `${network.nodePorts.from}-${network.nodePorts.to}`,
    'shutdown-delay-duration': serving.shutdownDelayDuration ?? '0s',
    v: String(settings.verbosity),
  }
}
