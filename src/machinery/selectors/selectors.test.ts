import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../status/status.ts'
import { fieldQueryText, matchesFields, parseFieldSelector } from './fields.ts'
import { parseLabelSelector } from './label-text.ts'
import { labelQueryOf, labelQueryText, labelSelectorErrors, labelSelectorText } from './labels.ts'

const reply = (work: () => unknown) => {
  try {
    return work()
  } catch (error) {
    return error instanceof StatusError ? `${error.code} ${error.message}` : (error as Error).message
  }
}

test('label selectors are read and printed as Kubernetes does', () => {
  const regex =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  const table: Record<string, string> = {
    '': '',
    'x in (b,a),y': 'x in (a,b),y',
    ' a = b , c ': 'a=b,c',
    'a==b': 'a==b',
    '!a': '!a',
    'a!=b': 'a!=b',
    'a>5,b<6': 'a>5,b<6',
    'a notin (x)': 'a notin (x)',
    'in in (in)': 'in in (in)',
    'a in ()': 'a in ()',
    'a in (,b)': 'a in (,b)',
    'a=': 'a=',
    'b,a': 'a,b',
    'a,': "400 found '', expected: identifier after ','",
    'a b': "400 unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    '=a': "400 found '=', expected: !, identifier, or 'end of string'",
    'a in b': "400 unable to parse requirement: found 'b' expected: '('",
    'a=b=c': "400 found '=', expected: ',' or 'end of string'",
    'a>x':
      "400 unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    '-a=b': `400 unable to parse requirement: <nil>: Invalid value: "-a": ${regex}`,
  }
  const found = Object.keys(table).map((text) => [text, reply(() => labelQueryText(parseLabelSelector(text)))])
  assert.deepEqual(Object.fromEntries(found), table)
})

test('labels match by every operator', () => {
  const labels = { app: 'web', tier: 'front', size: '10' }
  const table: Record<string, boolean> = {
    '': true,
    'app=web': true,
    'app=db': false,
    'app in (web,db),tier': true,
    'app notin (web)': false,
    'missing notin (web)': true,
    'missing!=x': true,
    '!missing': true,
    '!app': false,
    'size>9': true,
    'size<10': false,
    'app>1': false,
  }
  const found = Object.keys(table).map((text) => [text, parseLabelSelector(text).matches(labels)])
  assert.deepEqual(Object.fromEntries(found), table)
})

test('selector objects become queries; absent is nothing, empty is everything', () => {
  assert.deepEqual(
    [labelQueryOf(undefined).matches({}), labelQueryOf({}).matches({}), labelQueryOf({}).matches(undefined)],
    [false, true, true],
  )
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'a', operator: 'In', values: ['y', 'x'] },
      { key: 'z', operator: 'DoesNotExist' },
    ],
  }
  assert.equal(labelSelectorText(selector), 'a in (x,y),app=web,!z')
  assert.equal(labelSelectorText({ matchExpressions: [{ key: 'a', operator: 'Near' }] }), '<error>')
  assert.deepEqual(
    labelSelectorErrors(
      {
        matchExpressions: [
          { key: 'a', operator: 'In' },
          { key: 'b', operator: 'Exists', values: ['c'] },
        ],
      },
      'spec.selector',
    ),
    [
      {
        type: 'FieldValueRequired',
        field: 'spec.selector.matchExpressions[0].values',
        message: "Required value: must be specified when `operator` is 'In' or 'NotIn'",
      },
      {
        type: 'FieldValueForbidden',
        field: 'spec.selector.matchExpressions[1].values',
        message: "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      },
    ],
  )
})

test('field selectors are split, unescaped and matched', () => {
  const table: Record<string, unknown> = {
    'b=1,a!=2': 'a!=2,b=1',
    'a==x': 'a=x',
    'a=x\\,y\\=z\\\\': 'a=x\\,y\\=z\\\\',
    'a=': 'a=',
    ',': '',
    a: "400 invalid selector: 'a'; can't understand 'a'",
    'a=x=y': '400 invalid field selector: unescaped character in value: 61',
    'a=\\q': '400 invalid field selector: invalid escape sequence: \\q',
  }
  const found = Object.keys(table).map((text) => [text, reply(() => fieldQueryText(parseFieldSelector(text)))])
  assert.deepEqual(Object.fromEntries(found), table)
  const pod: Record<string, string> = { 'spec.nodeName': '', 'status.phase': 'Running' }
  assert.equal(
    matchesFields(parseFieldSelector('spec.nodeName=,status.phase!=Failed'), (field) => pod[field]!),
    true,
  )
})
