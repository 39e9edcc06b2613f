import type { Duplex } from 'node:stream'

/** An HTTP request as it is passed on: no body for GET and HEAD. */
export interface OutgoingRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: AsyncIterable<Uint8Array>
}
export interface IncomingReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: AsyncIterable<Uint8Array>
}
/** A connection that stopped being HTTP: what came behind the 101 is in `head`. */
export interface UpgradedReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly socket: Duplex
  readonly head: Uint8Array
}

/** How the API server reaches something that speaks HTTP. Rejects when it cannot be reached. */
export interface HttpConnection {
  request(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply>
  /** Sends a request with Upgrade headers. A status other than 101 comes back as a reply with its body. */
  upgrade(request: OutgoingRequest, signal: AbortSignal): Promise<UpgradedReply | IncomingReply>
}

/** Where a node's kubelet is. */
/** Where a node that the cluster's authority has signed nothing for names its own, PEM. */
export const kubeletAuthorityAnnotation = 'coxswain.dev/kubelet-authority'

export interface NodeAddress {
  readonly name: string
  readonly address: string
  readonly port: number
  /** The authority of a kubelet's certificate that the node itself has named, PEM; only the node may write its Node. */
  readonly authority?: string
}
/** The API server's way to kubelets; cluster/ supplies TLS dialers, simulation in-process handlers. */
export type NodeConnection = (node: NodeAddress) => HttpConnection

/** The API server's way to a pod or any other address in the cluster's network. */
export type NetworkConnection = (target: {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly serverName?: string
  /** The authority that must have signed the certificate, PEM; none is checked without it, but for `trust`. */
  readonly ca?: string
  /** The certificate must be signed by an authority that this machine trusts. */
  readonly trust?: 'system'
  /** Who this server is to the other, PEM. */
  readonly client?: { readonly cert: string; readonly key: string }
  /** The part of the network it is in, that of the cluster when left out; `none` is always reached directly. */
  readonly egress?: 'controlplane' | 'cluster' | 'none'
}) => HttpConnection
