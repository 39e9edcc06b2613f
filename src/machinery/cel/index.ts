/**
 * CEL in Kubernetes' dialect: compile an expression within an environment, learn what it may cost, evaluate it over
 * JSON. A front door of its own beside machinery's, because most clusters never need it: import it when a rule or policy
 * first appears, never at start-up. Knows nothing of requests, stores or kinds.
 */

export type { AuthorizerCheck, AuthorizerDecision, CallContext, StructProvider } from './check/declarations.ts'
export type { SizeEstimator } from './cost/estimate.ts'
export { type CostRange, rangeMax } from './cost/range.ts'
export {
  type Compilation,
  type Compiled,
  Environment,
  type EvaluateOptions,
  type Outcome,
  type Program,
  perCallCostMax,
} from './environment.ts'
export type { Bindings } from './evaluate/run.ts'
export { authorizerType, authorizerValue, requestResourceValue, resourceCheckType } from './kubernetes/authorizer.ts'
export {
  type DeviceSelection,
  deviceSelection,
  deviceSelectorCostMax,
  type SelectedAttribute,
  type SelectedDevice,
} from './kubernetes/device-selector.ts'
export { jsonPatchFunctions, kubernetesEnvironment } from './kubernetes/environment.ts'
export {
  type DeclType,
  declTypeOf,
  listDeclType,
  mapDeclType,
  objectDeclType,
  requestSizeBytesMax,
  simpleDecls,
  sizesOf,
  structsOf,
} from './schema/decl-type.ts'
export { escapeName, unescapeName } from './schema/escape.ts'
export { JsonMap, jsonOf, jsonValue, NotJson } from './schema/json-values.ts'
export type { CelSchema } from './schema/schema.ts'
export { adapterOf } from './schema/typed-values.ts'
export {
  boolType,
  CelType,
  dynType,
  intType,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  stringType,
  structType,
} from './types/type.ts'
export {
  CelError,
  Double,
  elementsOf,
  isError,
  isList,
  MapValue,
  noneOptional,
  ObjectValue,
  Optional,
  type Value,
} from './values/value.ts'
