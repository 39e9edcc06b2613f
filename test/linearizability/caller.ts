import { type ClientHttp2Session, connect } from 'node:http2'

export interface Access {
  readonly server: string
  readonly ca: string
  readonly cert: string
  readonly key: string
}
export interface Answer {
  readonly code: number
  readonly body: any
}

/** One HTTP/2 connection that is made anew after it broke; a call that breaks rejects, and nobody knows what came of it. */
export class Caller implements Disposable {
  readonly #access: Access
  #session: ClientHttp2Session | undefined

  constructor(access: Access) {
    this.#access = access
  }

  #connected(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session
    const { server, ...credentials } = this.#access
    const session = connect(server, credentials)
    session.on('error', () => session.destroy())
    session.on('goaway', () => session.destroy())
    this.#session = session
    return session
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stream = this.#connected().request({ ':method': method, ':path': path, 'content-type': 'application/json' })
      let code = 0
      const chunks: Buffer[] = []
      stream.once('error', reject)
      stream.once('response', (head) => {
        code = head[':status'] ?? 0
      })
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      let whole = false
      stream.once('end', () => {
        whole = true
      })
      stream.once('close', () => {
        if (!whole || code === 0) reject(new Error('the connection broke'))
        else
          try {
            resolve({ code, body: JSON.parse(Buffer.concat(chunks).toString()) })
          } catch (error) {
            reject(error as Error)
          }
      })
      stream.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  /** Gives each line of a watch as it comes; resolves when it ends, for whatever reason, with the code. */
  watch(path: string, line: (event: any) => void, signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      const stream = this.#connected().request({ ':path': path })
      let code = 0
      let rest = ''
      const stop = () => stream.destroy()
      signal.addEventListener('abort', stop, { once: true })
      stream.on('error', () => {})
      stream.once('response', (head) => {
        code = head[':status'] ?? 0
      })
      stream.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const one of lines) line(JSON.parse(one))
      })
      stream.once('close', () => {
        signal.removeEventListener('abort', stop)
        resolve(code)
      })
    })
  }

  [Symbol.dispose](): void {
    this.#session?.destroy()
  }
}
