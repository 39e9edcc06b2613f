/** API server: calls in, objects and events out. Knows storage, rights and rules; never who runs a pod. */

export type { PodSecurityConfiguration } from './admission/built-in/pod-security.ts'
export type { LimitedResource } from './admission/built-in/resource-quota.ts'
export type { ManifestDirectory } from './admission/manifests/manifests.ts'
export type { ManifestPlugin } from './admission/manifests/read.ts'
export {
  type AdmissionChoice,
  type AdmissionConfigurations,
  admissionPluginNames,
  choiceProblem,
} from './admission/on-demand/choice.ts'
export type { EventLimit } from './admission/on-demand/event-rate-limit.ts'
export type { ImagePolicy } from './admission/on-demand/image-policy.ts'
export type { Tolerations } from './admission/on-demand/tolerations.ts'
export type { AuditEvent, AuditSink } from './audit/auditor.ts'
export type { AuditPolicy } from './audit/policy.ts'
export { anonymous } from './authn/authenticate.ts'
export { loopbackIdentity } from './authn/loopback.ts'
export { deterministicSigner, joseSigner, type Signer } from './authn/signer.ts'
export { serverNameOf } from './bootstrap/server-identity.ts'
export type { FeatureChoice } from './features.ts'
export type { VersionInfo } from './http/paths.ts'
export type { ApiServer, ApiServerParts } from './parts.ts'
export type { Identity } from './request.ts'
export { createApiServer } from './server.ts'
export {
  type HttpConnection,
  type IncomingReply,
  kubeletAuthorityAnnotation,
  type NetworkConnection,
  type NodeAddress,
  type NodeConnection,
  type OutgoingRequest,
  type UpgradedReply,
} from './streams/connections.ts'
export { kubeletOf } from './streams/streams.ts'
export { type FollowedFile, followFile, hashLabel, ReloadMetrics } from './structured/follow.ts'
export {
  type Authentication,
  type AuthenticationParts,
  type Authorization,
  type AuthorizationParts,
  type OidcOptions,
  openAuthenticationFile,
  openAuthorizationFile,
  openOidc,
} from './structured/open.ts'
export type { SpanSink } from './tracing/tracer.ts'
export type { PostReview } from './webhooks/post-review.ts'
