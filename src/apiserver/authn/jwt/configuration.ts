/** `apiserver.config.k8s.io` AuthenticationConfiguration, decoded; what is not given is empty. */
export interface AuthenticationConfiguration {
  readonly jwt?: readonly JwtAuthenticator[]
  readonly anonymous?: AnonymousChoice
}
/** Whether requests without credentials are served, and at which paths alone. */
export interface AnonymousChoice {
  readonly enabled?: boolean
  readonly conditions?: readonly { readonly path?: string }[]
}
/** Whose tokens are believed, and what they say of their users. */
export interface JwtAuthenticator {
  readonly issuer?: Issuer
  readonly claimValidationRules?: readonly ClaimRule[]
  readonly claimMappings?: ClaimMappings
  readonly userValidationRules?: readonly { readonly expression?: string; readonly message?: string }[]
}
export interface Issuer {
  readonly url?: string
  readonly discoveryURL?: string
  readonly certificateAuthority?: string
  readonly audiences?: readonly string[]
  readonly audienceMatchPolicy?: string
  readonly egressSelectorType?: string
}
export interface ClaimRule {
  readonly claim?: string
  readonly requiredValue?: string
  readonly expression?: string
  readonly message?: string
}
export interface ClaimMappings {
  readonly username?: PrefixedClaim
  readonly groups?: PrefixedClaim
  readonly uid?: { readonly claim?: string; readonly expression?: string }
  readonly extra?: readonly { readonly key?: string; readonly valueExpression?: string }[]
}
export interface PrefixedClaim {
  readonly claim?: string
  readonly prefix?: string
  readonly expression?: string
}

/** The signatures that may be asked for. */
export const signingAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const

/** What kube-apiserver's `--oidc-…` flags say. */
export interface OidcOptions {
  readonly issuerURL: string
  readonly clientID: string
  /** PEM. */
  readonly certificateAuthority?: string
  readonly usernameClaim?: string
  readonly usernamePrefix?: string
  readonly groupsClaim?: string
  readonly groupsPrefix?: string
  readonly signingAlgs?: readonly string[]
  readonly requiredClaims?: Readonly<Record<string, string>>
}

/** The configuration that flags stand for. */
export function configurationOfFlags(options: OidcOptions): AuthenticationConfiguration {
  const { issuerURL, clientID, certificateAuthority, usernameClaim = 'sub', groupsClaim = '' } = options
  const given = options.usernamePrefix ?? ''
  // Kubernetes: names are told apart from others by their issuer, unless they are addresses or nobody wants it.
  const prefix = given === '-' ? '' : given === '' && usernameClaim !== 'email' ? `${issuerURL}#` : given
  const rules = Object.entries(options.requiredClaims ?? {}).map(([claim, requiredValue]) => ({ claim, requiredValue }))
  return {
    jwt: [
      {
        issuer: {
          url: issuerURL,
          audiences: [clientID],
          ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
        },
        claimValidationRules: rules,
        claimMappings: {
          username: { claim: usernameClaim, prefix },
          ...(groupsClaim === '' ? {} : { groups: { claim: groupsClaim, prefix: options.groupsPrefix ?? '' } }),
        },
      },
    ],
  }
}
