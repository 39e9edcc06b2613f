import type { Authentication, AuthenticationParts } from '../authn/jwt/authentication.ts'
import type { AnonymousChoice, OidcOptions } from '../authn/jwt/configuration.ts'
import type { Authorization, AuthorizationParts } from '../authz/structured/authorization.ts'
import type { FollowedFile } from './follow.ts'

export type { AnonymousChoice, Authentication, AuthenticationParts, Authorization, AuthorizationParts, OidcOptions }

/** Authentication as a file configures it, followed while the server runs. Rejects in Kubernetes' words. */
export async function openAuthenticationFile(file: FollowedFile, parts: AuthenticationParts): Promise<Authentication> {
  return (await import('../authn/jwt/authentication.ts')).authenticationOfFile(file, parts)
}

/** Authentication as `--oidc-…` flags configure it. Rejects in Kubernetes' words. */
export async function openOidc(options: OidcOptions, parts: AuthenticationParts): Promise<Authentication> {
  return (await import('../authn/jwt/authentication.ts')).authenticationOfFlags(options, parts)
}

/** Authorisation as a file configures it, followed while the server runs. Rejects in Kubernetes' words. */
export async function openAuthorizationFile(file: FollowedFile, parts: AuthorizationParts): Promise<Authorization> {
  return (await import('../authz/structured/authorization.ts')).authorizationOfFile(file, parts)
}
