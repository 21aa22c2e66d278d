import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { type Document, LineCounter, isAlias, isCollection, isMap, isNode, parseDocument, visit } from 'yaml'
import { POLICY_DIAGNOSTICS_MAX, POLICY_DOCUMENT_BYTES_MAX } from '../limits.ts'
import { type Result, fail, ok } from '../result.ts'
import { type DocumentPath, type PolicyDiagnostic, type Position, sortDiagnostics } from './diagnostic.ts'
import type { PolicyContent, PolicyDocument } from './document.ts'
import { nearName } from './near-name.ts'
import schema from './policy-v1.schema.json' with { type: 'json' }

type Finding = Pick<PolicyDiagnostic, 'code' | 'message' | 'hint'>

const TOP: Position = { line: 1, column: 1 }

/**
 * Reads one policy document: YAML 1.2 without anchors, aliases and tags, checked against the schema. Total: any text gives
 * a document or diagnostics, at most `POLICY_DIAGNOSTICS_MAX` of them, sorted.
 *
 * @param file - the name to report; nothing is read from it
 */
export function parsePolicyText(text: string, file: string): Result<PolicyDocument, readonly PolicyDiagnostic[]> {
  const lines = new LineCounter()
  const diagnostics: PolicyDiagnostic[] = []
  const report = (position: Position, finding: Finding): void => {
    if (diagnostics.length < POLICY_DIAGNOSTICS_MAX)
      diagnostics.push({ severity: 'error', file, ...position, ...finding })
  }
  const refuse = (): Result<never, readonly PolicyDiagnostic[]> => fail(sortDiagnostics(diagnostics))

  if (Buffer.byteLength(text) > POLICY_DOCUMENT_BYTES_MAX) {
    report(TOP, {
      code: 'CMDAID_ERR_POLICY_TOO_LARGE',
      message: `the document is larger than ${POLICY_DOCUMENT_BYTES_MAX} bytes`,
      hint: 'move rules into documents of their own and name them in `extends`',
    })
    return refuse()
  }

  let document: Document
  let value: unknown
  try {
    document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
    })
    for (const error of [...document.errors, ...document.warnings])
      report(positionAt(lines, error.pos[0]), yamlFinding(error.code, error.message))
    refuseAliases(document, lines, report)
    if (diagnostics.length > 0) return refuse()
    value = document.toJS({ maxAliasCount: 0 })
  } catch (cause) {
    // The YAML library recurses: nesting by the ten thousand ends in a stack overflow, which is an answer too.
    report(TOP, {
      code: 'CMDAID_ERR_POLICY_SYNTAX',
      message:
        cause instanceof RangeError ? 'the document is nested too deeply' : 'the document cannot be read as YAML',
      hint: null,
    })
    return refuse()
  }

  const locate = (path: DocumentPath): Position => locateIn(document, lines, path)
  const validate = validator()
  if (!validate(value)) {
    for (const error of validate.errors ?? []) {
      const found = schemaFinding(error, value)
      if (found !== null)
        report(found.key === null ? locate(found.path) : locateKey(document, lines, found.path, found.key), found)
    }
    return refuse()
  }
  return ok({ file, content: value as PolicyContent, locate })
}

let compiledSchema: ValidateFunction | null = null

/** Compiled at first use: it takes tens of milliseconds, which a program that reads no document should not pay. */
function validator(): ValidateFunction {
  compiledSchema ??= new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, verbose: true }).compile(
    schema,
  )
  return compiledSchema
}

function yamlFinding(code: string, message: string): Finding {
  switch (code) {
    case 'DUPLICATE_KEY':
      return {
        code: 'CMDAID_ERR_POLICY_DUPLICATE_KEY',
        message: 'this key is there twice',
        hint: 'remove one of the two',
      }
    case 'MULTIPLE_DOCS':
      return {
        code: 'CMDAID_ERR_POLICY_SYNTAX',
        message: 'there is more than one document',
        hint: 'remove everything from the second `---` on',
      }
    case 'TAB_AS_INDENT':
      return { code: 'CMDAID_ERR_POLICY_SYNTAX', message: 'a tab is used as indentation', hint: 'indent with spaces' }
    case 'TAG_RESOLVE_FAILED':
      return {
        code: 'CMDAID_ERR_POLICY_SYNTAX',
        message: 'tags (`!name`) are not read',
        hint: 'quote the value if it is text that begins with `!`',
      }
    default:
      return {
        code: 'CMDAID_ERR_POLICY_SYNTAX',
        message: message.split('\n')[0] ?? message,
        hint: 'quote text that holds `: `, ` #` or begins with one of `* & ! % @ [ {`',
      }
  }
}

function refuseAliases(
  document: Document,
  lines: LineCounter,
  report: (position: Position, finding: Finding) => void,
): void {
  visit(document, {
    Node(_key, node) {
      const anchor = isAlias(node) ? undefined : node.anchor
      if (!isAlias(node) && anchor === undefined) return
      report(positionAt(lines, node.range?.[0] ?? 0), {
        code: 'CMDAID_ERR_POLICY_ALIAS',
        message: isAlias(node) ? `the alias *${node.source} is not read` : `the anchor &${anchor} is not read`,
        hint: 'write the value out; quote it if it is text',
      })
    },
  })
}

type SchemaFinding = Finding & {
  readonly path: DocumentPath
  /** The key that is meant when it is the key itself, not its value. */
  readonly key: string | null
}

/** Null for errors that only repeat another one. */
function schemaFinding(error: ErrorObject, root: unknown): SchemaFinding | null {
  const path = pathOfPointer(error.instancePath, root)
  const name = path.length === 0 ? 'the document' : `\`${showPath(path)}\``
  const value = (message: string, hint: string | null = null): SchemaFinding => ({
    path,
    key: null,
    code: 'CMDAID_ERR_POLICY_VALUE',
    message,
    hint,
  })
  const params = error.params as Readonly<Record<string, unknown>>
  if (path[0] === 'version' && path.length === 1) {
    return {
      ...value('this version of the policy format is not known', 'write `version: 1`'),
      code: 'CMDAID_ERR_POLICY_VERSION',
    }
  }
  switch (error.keyword) {
    case 'if':
      return null
    case 'additionalProperties': {
      const key = String(params['additionalProperty'])
      const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object)
      const near = nearName(key, known)
      return {
        path,
        key,
        code: 'CMDAID_ERR_POLICY_UNKNOWN_KEY',
        message: `${name} has no key \`${key}\``,
        hint: near === null ? `known keys are ${known.join(', ')}` : `did you mean \`${near}\`?`,
      }
    }
    case 'required': {
      const key = String(params['missingProperty'])
      return {
        path,
        key: null,
        code: 'CMDAID_ERR_POLICY_MISSING_KEY',
        message: `${name} lacks \`${key}\``,
        hint: missingHint(key),
      }
    }
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String)
      const near = nearName(String(valueAt(root, path)), allowed)
      return value(`${name} must be one of ${allowed.join(', ')}`, near === null ? null : `did you mean \`${near}\`?`)
    }
    case 'type': {
      const types = [params['type']].flat().map((type) => TYPE_NAMES[String(type)] ?? String(type))
      return value(
        `${name} must be ${types.join(' or ')}`,
        typeof valueAt(root, path) === 'number' ? 'quote it if it is text' : null,
      )
    }
    case 'minItems':
    case 'minProperties':
    case 'minLength':
      return value(`${name} must not be empty`)
    case 'pattern':
      return value(`${name} is not of the form ${String(params['pattern'])}`, patternHint(path))
    default:
      return value(`${name} ${error.message ?? 'is not valid'}`)
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a mapping',
  integer: 'a whole number',
  boolean: 'true or false',
}

function missingHint(key: string): string | null {
  if (key === 'match') return 'give at least one command line that this must match'
  if (key === 'not_match') return 'give at least one harmless neighbour that this must not match'
  return key === 'version' ? 'begin the document with `version: 1`' : null
}

function patternHint(path: DocumentPath): string | null {
  const last = path.at(-1)
  if (last === 'id' || path.at(-2) === 'silences') return 'use small letters, digits, `.`, `-` and `_`'
  if (last === 'url') return 'begin with https://'
  return last === 'effective_date' ? 'write year-month-day' : null
}

function pathOfPointer(pointer: string, root: unknown): DocumentPath {
  const path: (string | number)[] = []
  let at: unknown = root
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(at) ? Number(key) : key)
    at = (at as Record<string, unknown> | null)?.[key]
  }
  return path
}

function valueAt(root: unknown, path: DocumentPath): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], root)
}

function showPath(path: DocumentPath): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('')
}

/** The value at `path`, or the nearest thing around it that is there. */
function locateIn(document: Document, lines: LineCounter, path: DocumentPath): Position {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return positionAt(lines, node.range[0])
  }
  return TOP
}

function locateKey(document: Document, lines: LineCounter, path: DocumentPath, key: string): Position {
  const holder = path.length === 0 ? document.contents : document.getIn(path, true)
  if (isCollection(holder) && isMap(holder)) {
    for (const pair of holder.items) {
      if (isNode(pair.key) && String(pair.key) === key && pair.key.range) return positionAt(lines, pair.key.range[0])
    }
  }
  return locateIn(document, lines, path)
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return line < 1 ? TOP : { line, column: Math.max(1, col) }
}
