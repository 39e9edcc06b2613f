/** Several clusters share a machine: the first has Kubernetes' ports, the others the next ones that are free, ten apart. */
const step = 10
const triesMax = 50

/** What `open` makes of the port that is wanted, or of the next free one; undefined when there is none. */
export async function openNear<T>(
  wanted: number,
  open: (port: number) => Promise<T>,
): Promise<{ readonly port: number; readonly opened: T } | undefined> {
  for (let tries = 0; tries < triesMax; tries++) {
    const port = wanted + tries * step
    try {
      return { port, opened: await open(port) }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    }
  }
  return undefined
}
