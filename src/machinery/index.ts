/** Machinery: objects, names, errors, schemas, patches, time and chance. Pure; does no I/O and imports no other room. */

export { Backoff, type BackoffLimits, backoffDelay } from './backoff/backoff.ts'
export {
  type BootstrapToken,
  bootstrapExpiryMs,
  bootstrapTokenOf,
  bootstrapTokenPrefix,
  bootstrapTokenType,
  splitBootstrapToken,
  type TokenSecret,
} from './bootstrap-tokens/bootstrap-token.ts'
export type { ApiCall, ApiReply, ApiVerb, ObjectList, PatchType, Transport, WatchEvent } from './call/call.ts'
export { httpMethods, patchMediaTypes } from './call/methods.ts'
export { decodeCbor } from './cbor/decode.ts'
export { type BytesWithin, cborEvent, encodeCbor } from './cbor/encode.ts'
export { CborError } from './cbor/heads.ts'
export {
  alternativeNames,
  type CertificateContent,
  certificateBody,
  distinguishedName,
  issuerFactsOf,
  type KeyUsage,
  signatureAlgorithms,
  signedCertificate,
} from './certificates/certificate.ts'
export { hexOf } from './certificates/der.ts'
export { type PemBlock, pemBlocks } from './certificates/pem.ts'
export {
  type CertificateRequestView,
  readCertificateRequest,
  requestedNameOf,
  signatureDigests,
} from './certificates/request.ts'
export {
  kubeApiServerClient,
  kubeApiServerClientKubelet,
  kubeletClientProblem,
  kubeletServing,
  legacyUnknown,
  signerProblem,
} from './certificates/rules.ts'
export { untilAborted } from './clock/abort.ts'
export type { Clock, Random } from './clock/clock.ts'
export { microTimestampOf, msOf, suffixAlphabet, timestampOf } from './clock/clock.ts'
export { type ManualClock, manualClock, seededRandom, sleepOn } from './clock/manual.ts'
export { systemClock, systemRandom } from './clock/system.ts'
export { ageText, durationText, humanDuration, parseDuration } from './duration/duration.ts'
export { type IntOrString, intOrStringOf, isPercent, scaledValue } from './intstr/intstr.ts'
export { type Decision, DecisionJournal } from './journal/journal.ts'
export type { NodeVerdict, PodVerdicts, VerdictsOf } from './journal/verdicts.ts'
export { inTextOrder, JsonSyntaxError, type ParsedJson, parseJsonStrict } from './json/parse.ts'
export { type JsonPath, JsonPathError, parseJsonPath } from './jsonpath/jsonpath.ts'
export { type LogLevel, LogLevels, putLevel } from './log/levels.ts'
export { createLog, type Log, type LogFields, type LogOptions, silentLog } from './log/log.ts'
export { type Applied, applyConfiguration, untypedPatch } from './managed-fields/apply.ts'
export { canonicalSet, fieldSetText } from './managed-fields/canonical.ts'
export { type Comparison, compareFields } from './managed-fields/compare.ts'
export { type FieldSet, noFields } from './managed-fields/field-set.ts'
export { mergeConfiguration } from './managed-fields/merge.ts'
export { type FieldWriter, resetFields } from './managed-fields/owners.ts'
export { createShapes, deducedShape, leafShape, type Shape } from './managed-fields/shape.ts'
export { type TypeProblem, typeProblemsText } from './managed-fields/type-problems.ts'
export { type ObjectChange, recordUpdate } from './managed-fields/update.ts'
export {
  type Counter,
  type CounterSeries,
  type Gauge,
  type Histogram,
  type HistogramReading,
  type LabelValues,
  Metrics,
  type Reading,
  type Series,
} from './metrics/metrics.ts'
export * from './names/names.ts'
export {
  addressAt,
  cidrContains,
  cidrSize,
  firstAddress,
  type IpAddress,
  type IpRange,
  ipBytes,
  ipText,
  isIp,
  networkOf,
  parseCidr,
  parseIp,
} from './network/ip.ts'
export { UrlProblem, urlPartsOf } from './network/url.ts'
export type {
  KubeObject,
  ManagedFieldsEntry,
  ObjectMeta,
  ObjectName,
  OwnerReference,
  Unsaved,
} from './object/object.ts'
export { cloneJson, controllerOf, deepFreeze, isMapOfText, keyOf, nameOf, parseKey, sameJson } from './object/object.ts'
export { buildMeasure } from './pages/build.ts'
export { type Health, type HealthCheck, healthAnswer, healthMeasures } from './pages/health.ts'
export { type MediaRange, mediaRanges } from './pages/media-ranges.ts'
export { describeSelf, type SelfDescription, type ZPage, zPage } from './pages/z-pages.ts'
export { applyJsonPatch, jsonPatchOperationsMax } from './patch/json-patch.ts'
export { applyMergePatch } from './patch/merge-patch.ts'
export { applyStrategicPatch } from './patch/strategic-patch.ts'
export { podViolations, violationsByReason, violationsText } from './pod-security/evaluate.ts'
export {
  asksTheSame,
  isFullyPrivileged,
  isStricter,
  type PodSecurityLevel,
  type PodSecurityPolicy,
  type PodSecurityStandard,
  podSecurityPolicyOf,
  standardText,
  statedPolicyText,
} from './pod-security/policy.ts'
export type { SecuredPod, Violation } from './pod-security/shapes.ts'
export { base64Of, bytesOfBase64 } from './protobuf/base64.ts'
export { createProtobufDecoder, jsonWithin } from './protobuf/decode.ts'
export { createEncoder } from './protobuf/encode.ts'
export { type Envelope, isEnvelope, unwrapEnvelope, watchEventMessage, wrapEnvelope } from './protobuf/envelope.ts'
export { ProtobufError } from './protobuf/reader.ts'
export { BackwardWriter } from './protobuf/writer.ts'
export {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  largerQuantity,
  milliValueOf,
  parseQuantity,
  type Quantity,
  QuantityError,
  type QuantityFormat,
  quantityOf,
  quantityOfMillis,
  quantityText,
  subtractQuantities,
  tryQuantity,
  wholeValueOf,
  zeroQuantity,
} from './quantity/quantity.ts'
export {
  addUsage,
  listOfUsage,
  maskUsage,
  sameUsage,
  type Usage,
  usageBeyond,
  usageOfList,
  usageText,
  withoutZeros,
} from './quota/amounts.ts'
export { type DeviceResources, deviceResources, podMadeFor } from './quota/devices.ts'
export {
  inScope,
  isTerminatingPod,
  type QuotaView,
  type ScopeSelector,
  scopeMatches,
  scopeSelectorsOf,
} from './quota/scopes.ts'
export { type CountedResource, countName, isCounted, namesAbout, podMissing, usageOf } from './quota/usage.ts'
export { Recent } from './recent/recent.ts'
export {
  matchesNodeAffinity,
  matchesNodeSelector,
  matchesNodeSelectorTerm,
  type NodeLabels,
  nodeAffinityWeight,
} from './scheduling/node-affinity.ts'
export {
  availableAtMs,
  conditionOf,
  type HostPort,
  hostPortsConflict,
  hostPortsOf,
  isActive,
  isAvailable,
  isReady,
  isTerminal,
} from './scheduling/pods.ts'
export {
  type Amounts,
  isPodLevel,
  isSidecar,
  podLimits,
  podRequests,
  type QosClass,
  qosClassOf,
  type RequestOptions,
} from './scheduling/resources.ts'
export type { NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from './scheduling/shapes.ts'
export { isTolerated, toleratedSeconds, toleratesTaint, untoleratedTaint } from './scheduling/taints.ts'
export { copyOf, createDecoder, type Decoded, type Decoder, givenEmpty } from './schema/decode.ts'
export {
  createDefaulter,
  type DefaultContext,
  type DefaultRule,
  type DefaultRules,
  type DefaultStep,
  type TypeDefaults,
} from './schema/defaults.ts'
export {
  createSchema,
  type Field,
  type Schema,
  type SchemaTable,
  type SpecialForm,
  type TypeSchema,
  type ValidationTag,
  type Wire,
} from './schema/schema.ts'
export { DecodeError } from './schema/trace.ts'
export { createSchemaValidator, type EnumWordings, type GateState, type SchemaCheck } from './schema/validate.ts'
export {
  escapedFieldValue,
  exactFieldValue,
  type FieldQuery,
  type FieldRequirement,
  fieldQueryText,
  matchesFields,
  parseFieldSelector,
} from './selectors/fields.ts'
export { parseLabelSelector } from './selectors/label-text.ts'
export {
  checked as checkedRequirement,
  isEmptyQuery,
  type LabelOperator,
  type LabelQuery,
  type LabelRequirement,
  type LabelSelector,
  type LabelSelectorRequirement,
  type Labels,
  labelQueryOf,
  labelQueryOfSet,
  labelQueryText,
  labelSelectorErrors,
  labelSelectorText,
  labelsErrors,
  labelsText,
  matchEverything,
  matchNothing,
} from './selectors/labels.ts'
export * from './status/status.ts'
export {
  isSampled,
  parseTraceparent,
  type TraceContext,
  traceparentOf,
} from './tracing/trace-context.ts'
export {
  type ContainerLimitRange,
  type ContainerPolicy,
  type ContainerRecommendation,
  containerPolicyOf,
  type FittedContainer,
  fittedAmounts,
  fittedContainers,
  type ResourceAmounts,
} from './vertical-scaling/fit.ts'
export { parseYaml, parseYamlDocuments, type YamlDocument, YamlError, yamlText } from './yaml/yaml.ts'
