/** A call that the cloud refuses: a code for programs, a sentence for people, and the rule where one stood in the way. */
export class CloudError extends Error {
  override name = 'CloudError'
  readonly status: number
  readonly code: string
  /** The name of the rule that refused. */
  readonly rule: string

  constructor(status: number, code: string, message: string, rule = '') {
    super(message)
    this.status = status
    this.code = code
    this.rule = rule
  }
}

export const notFound = (what: string, id: string): CloudError =>
  new CloudError(404, 'NotFound', `there is no ${what} ${JSON.stringify(id)}`)
export const invalid = (message: string): CloudError => new CloudError(400, 'InvalidParameter', message)
export const conflict = (message: string): CloudError => new CloudError(409, 'IncorrectStatus', message)
