import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  configKeyErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  environmentNameErrors,
  labelValueErrors,
  ofGeneratedName,
  pathSegmentErrors,
  portNameErrors,
  qualifiedNameErrors,
} from './names.ts'

test('names are judged in the words of Kubernetes', () => {
  const label =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  const subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  assert.deepEqual(
    [
      dns1123LabelErrors('web'),
      dns1123LabelErrors('Web'),
      dns1123LabelErrors('a.b'),
      dns1123LabelErrors('a'.repeat(64)),
      dns1123SubdomainErrors('a.b-c'),
      dns1123SubdomainErrors('a_b'),
      qualifiedNameErrors('example.com/x'),
      qualifiedNameErrors('/x'),
      qualifiedNameErrors('a/b/c').length,
      labelValueErrors(''),
      labelValueErrors('a'.repeat(64)),
      portNameErrors('http--1'),
      configKeyErrors('..a'),
      environmentNameErrors('A B'),
      environmentNameErrors('A=B').length,
      pathSegmentErrors('a/b%'),
      pathSegmentErrors('..'),
      ofGeneratedName(dns1123LabelErrors)('web-'),
    ],
    [
      [],
      [label],
      ['must not contain dots'],
      ['must be no more than 63 characters'],
      [],
      [subdomain],
      [],
      ['prefix part must be non-empty'],
      1,
      [],
      ['must be no more than 63 bytes'],
      ['must not contain consecutive hyphens'],
      ["must not start with '..'"],
      [],
      1,
      ["may not contain '/'", "may not contain '%'"],
      ["may not be '..'"],
      [],
    ],
  )
})
