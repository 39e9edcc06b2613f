/** The environment Kubernetes v1.36 gives every expression. */
import type { FunctionDeclaration } from '../check/declarations.ts'
import { Environment } from '../environment.ts'
import { plain } from '../library/declare.ts'
import { listFunctions } from '../library/lists.ts'
import { optionalFunctions } from '../library/optional.ts'
import { regexFunctions } from '../library/regex.ts'
import { standardFunctions } from '../library/standard.ts'
import { stringFunctions } from '../library/strings.ts'
import { stringType } from '../types/type.ts'
import { addressFunctions, cidrType, ipType } from './addresses.ts'
import { authorizerFunctions } from './authorizer.ts'
import { formatFunctions } from './formats.ts'
import { quantityFunctions } from './quantities.ts'
import { urlFunctions } from './urls.ts'
import { versionFunctions } from './versions.ts'

/** What expressions may use everywhere in Kubernetes. */
export const kubernetesEnvironment: Environment = Environment.of({
  functions: [
    ...standardFunctions,
    ...urlFunctions,
    ...regexFunctions,
    ...listFunctions,
    ...authorizerFunctions,
    ...optionalFunctions,
    ...quantityFunctions,
    ...stringFunctions,
    ...addressFunctions,
    ...formatFunctions,
    ...versionFunctions,
  ],
  types: [ipType, cidrType],
})

/** What mutating expressions may use besides. */
export const jsonPatchFunctions: readonly FunctionDeclaration[] = [
  {
    name: 'jsonpatch.escapeKey',
    overloads: [
      plain('string_jsonpatch_escapeKey_string', [stringType], stringType, ([key]) =>
        (key as string).replace(/[/~]/g, (part) => (part === '/' ? '~1' : '~0')),
      ),
    ],
  },
]
