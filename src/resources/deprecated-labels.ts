/** Labels that nodes had under other names once, with what is said of them. */
const deprecatedLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

/** What is said of a label of nodes where it stands; nothing of one that is not deprecated. */
export function labelWarning(key: string, at: string): readonly string[] {
  const text = deprecatedLabels[key]
  return text === undefined ? [] : [`${at}: ${text}`]
}

/** The same where the label is a value. */
export function labelValueWarning(key: string, at: string): readonly string[] {
  const text = deprecatedLabels[key]
  return text === undefined ? [] : [`${at}: ${key} is ${text}`]
}

/** What is said of the labels that a term of a node selector names. */
export function termWarnings(
  term: { readonly matchExpressions?: readonly { readonly key: string }[] },
  at: string,
): readonly string[] {
  return (term.matchExpressions ?? []).flatMap(({ key }, index) =>
    labelValueWarning(key, `${at}.matchExpressions[${index}].key`),
  )
}
