/**
 * Secrets that give themselves away by their shape, wherever they stand. Every pattern begins with a literal and ends with its
 * only unbounded part, so a failed attempt costs a few characters and a successful one consumes what it read: linear time.
 */

import type { Range } from './words.ts'

export type Found = Range & { readonly kind: string }

/** Finds them all, left to right. */
export function findShapes(text: string): Found[] {
  const found: Found[] = findPrivateKeys(text)
  for (const match of text.matchAll(SHAPES)) {
    const groups = match.groups ?? {}
    const kind = KINDS.find((name) => groups[groupName(name)] !== undefined) ?? 'token'
    found.push({ kind, start: match.index, end: match.index + match[0].length })
  }
  if (found.some(({ kind }) => kind === 'aws-access-key')) {
    // An access key's other half has no shape of its own: 40 characters of base64. Beside its key it is worth the guess.
    for (const match of text.matchAll(AWS_SECRET)) {
      const [value] = match
      if (/[a-z]/.test(value) && /[A-Z]/.test(value) && /[0-9]/.test(value)) {
        found.push({ kind: 'aws-secret-key', start: match.index, end: match.index + value.length })
      }
    }
  }
  return found
}

/** From `BEGIN … PRIVATE KEY` to its `END`; to the end of the text when there is none: a key that was cut is still a key. */
function findPrivateKeys(text: string): Found[] {
  const found: Found[] = []
  for (let from = 0; ;) {
    PRIVATE_KEY.lastIndex = from
    const match = PRIVATE_KEY.exec(text)
    if (match === null) return found
    const closing = text.indexOf('-----END ', PRIVATE_KEY.lastIndex)
    PRIVATE_KEY_END.lastIndex = closing
    const end = closing !== -1 && PRIVATE_KEY_END.test(text) ? PRIVATE_KEY_END.lastIndex : text.length
    found.push({ kind: 'private-key', start: match.index, end })
    from = end
  }
}

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|AGE-SECRET-KEY-1|PuTTY-User-Key-File-[0-9]:/g
const PRIVATE_KEY_END = /-----END [A-Z0-9 ]{0,60}-----/y
const AWS_SECRET = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g

const PATTERNS: readonly (readonly [kind: string, pattern: string])[] = [
  ['aws-access-key', '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])'],
  ['github-token', '(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})'],
  ['gitlab-token', 'gl(?:pat|ptt|dt|rt|cbt|oas|soat|agent|imt|ft|ffct)-[A-Za-z0-9_.-]{16,}'],
  ['slack-token', '(?:xox[a-z](?:\\.xox[a-z])?-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})'],
  ['slack-webhook', '(?<=hooks\\.slack\\.com/(?:services|workflows|triggers)/)[A-Za-z0-9/_-]{16,}'],
  ['stripe-key', '(?:[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9]{16,})'],
  [
    'google-key',
    '(?:AIza[A-Za-z0-9_-]{30,}|ya29\\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{30,})',
  ],
  ['azure-secret', '[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,}'],
  ['npm-token', 'npm_[A-Za-z0-9]{30,}'],
  ['pypi-token', 'pypi-[A-Za-z0-9_-]{32,}'],
  ['anthropic-key', 'sk-ant-[A-Za-z0-9_-]{20,}'],
  [
    'openai-key',
    '(?:sk-(?:proj|svcacct|admin)-|(?:(?<![A-Za-z0-9])|(?<=\\\\[a-z]))sk-)(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9_-]{20,}',
  ],
  ['huggingface-token', 'hf_[A-Za-z0-9]{30,}'],
  ['docker-token', 'dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}'],
  ['digitalocean-token', 'do[oprt]_v1_[a-f0-9]{32,}'],
  ['sendgrid-key', 'SG\\.[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,}'],
  ['twilio-key', '(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])'],
  ['telegram-token', '(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}'],
  ['vault-token', 'hv[bsr]\\.[A-Za-z0-9_-]{20,}'],
  ['terraform-token', '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_-]{20,}'],
  ['databricks-token', '(?<![A-Za-z0-9])dapi[0-9a-f]{32}'],
  ['shopify-token', 'shp(?:at|ca|pa|ss)_[A-Za-z0-9]{20,}'],
  ['grafana-token', 'gl(?:sa|c)_[A-Za-z0-9+/_=]{20,}'],
  ['linear-key', 'lin_(?:api|oauth)_[A-Za-z0-9]{20,}'],
  ['postman-key', 'PMAK-[A-Za-z0-9-]{20,}'],
  ['rubygems-key', 'rubygems_[a-f0-9]{32,}'],
  ['newrelic-key', 'NRAK-[A-Z0-9]{20,}'],
  ['notion-token', '(?:ntn|secret)_[A-Za-z0-9]{32,}'],
  ['1password-token', 'ops_eyJ[A-Za-z0-9_-]{20,}'],
  // Base64 of `{"`: a JSON Web Token, or something else that is worth the same care.
  ['jwt', 'eyJ[A-Za-z0-9_-]{14,}(?:\\.[A-Za-z0-9_-]{2,}){0,4}'],
  ['bearer', '(?<=[Bb]earer[ \\t])[A-Za-z0-9._~+/=-]{8,}'],
]

const KINDS: readonly string[] = PATTERNS.map(([kind]) => kind)
const SHAPES = new RegExp(PATTERNS.map(([kind, pattern]) => `(?<${groupName(kind)}>${pattern})`).join('|'), 'g')

function groupName(kind: string): string {
  return `k_${kind.replaceAll('-', '_')}`
}
