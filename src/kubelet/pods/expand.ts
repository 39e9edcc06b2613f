/**
 * Replaces `$(NAME)` by what `lookup` gives. Kubernetes: an unknown name stays as it is written, `$$` is a plain `$`,
 * and nothing else is special.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, what: string, name: string) =>
    what === '$' ? '$' : (lookup(name) ?? whole),
  )
}
