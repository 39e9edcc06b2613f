/** Why a container could not be started, in the words its waiting state shows. */
export class StartError extends Error {
  override name = 'StartError'
  readonly reason: string
  constructor(reason: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}
