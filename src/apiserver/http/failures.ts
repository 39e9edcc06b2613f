import { badRequest, internalError, ProtobufError, StatusError, YamlError } from '../../machinery/index.ts'
import { StoreUnavailableError } from '../../store/index.ts'
import { BodyTooLargeError, type WireRequest } from '../../wire/index.ts'
import { bodyBytesMax } from './body.ts'
import { type Encoding, replyFormOf } from './negotiate.ts'

/** Everything that went wrong, as the Status its caller gets. */
export function failureOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  if (error instanceof BodyTooLargeError)
    return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyBytesMax}`)
  if (error instanceof YamlError || error instanceof ProtobufError) return badRequest(error.message, error)
  if (error instanceof StoreUnavailableError)
    return new StatusError(
      500,
      'InternalError',
      `Internal error occurred: ${error.message}`,
      { retryAfterSeconds: 1 },
      error,
    )
  return internalError(error)
}

/** How a failure is written: as the caller accepts, or JSON when that cannot be told. */
export function failureEncoding(request: WireRequest, cbor: boolean): Encoding {
  try {
    return replyFormOf(request.headers.accept, false, { protobuf: true, cbor }).encoding
  } catch {
    return 'json'
  }
}
