/** What an agent is started with. */
export interface AgentRequest {
  readonly kubeconfig: string
  readonly nodeName: string
  readonly dataDirectory: string
  /** The machine's images, served to the node beside those of registries. */
  readonly imagesDirectory?: string
}
/** Something an agent cannot go on without; the message is one sentence that says what to do. */
export class AgentError extends Error {
  override name = 'AgentError'
}
