/** Which names announce a secret: `GITHUB_TOKEN`, `--db-password`, `clientSecret`, `X-Api-Key`. */

/** `secret`: whatever follows is one. `maybe`: only when it looks made by a machine. `no`: an ordinary name. */
export type NameClass = 'secret' | 'maybe' | 'no'

/** Longest name that is looked at; of a longer one the end counts. */
export const NAME_UNITS_MAX = 64

/** Keys and tokens are shorter; what is longer is a text. */
export const RANDOM_UNITS_MAX = 1_024

export function classifyName(name: string): NameClass {
  const plain = plainName(name)
  if (plain === '' || NEVER.has(plain)) return 'no'
  if (STRONG_ENDING.test(plain)) return 'secret'
  const benign = BENIGN_ENDING.test(plain)
  if (STRONG_ANYWHERE.test(plain)) return plain.endsWith('id') ? 'maybe' : benign ? 'no' : 'secret'
  if (WEAK_ENDING.test(plain)) return 'maybe'
  return 'no'
}

/** The kind that stands in the marker: `[secret:password]`. */
export function kindOfName(name: string): string {
  const plain = plainName(name)
  for (const [pattern, kind] of KINDS) if (pattern.test(plain)) return kind
  return 'secret'
}

/** HTTP headers whose value is a credential even when it is written without a blank (`X-Api-Key:abc`). */
export function isSecretHeader(name: string): boolean {
  return SECRET_HEADER.test(plainName(name))
}

/** Long and mixed enough that nobody typed it: keys, tokens, hashes. Paths and plain words are not. */
export function looksRandom(value: string): boolean {
  if (value.length < 16 || value.length > RANDOM_UNITS_MAX || value.includes('[secret:')) return false
  if (/[\s$]/.test(value) || /^[.~]{0,2}\//.test(value)) return false
  if (/^[0-9a-fA-F-]{32,}$/.test(value)) return true
  const classes = Number(/[a-z]/.test(value)) + Number(/[A-Z]/.test(value)) + Number(/[0-9]/.test(value))
  return classes === 3 || (classes === 2 && /[0-9]/.test(value) && value.length >= 24 && !value.includes('/'))
}

/** Nothing to hide: a variable or a template that will be filled in later, a switch, a mark that was put here before. */
export function isPlaceholder(value: string): boolean {
  return value === '' || REFERENCE.test(value) || PLACEHOLDER.test(value)
}

function plainName(name: string): string {
  const end = name.length > NAME_UNITS_MAX ? name.slice(-NAME_UNITS_MAX) : name
  return end
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/[0-9]{1,4}$/, '')
}

const NEVER: ReadonlySet<string> = new Set([
  'pwd',
  'oldpwd',
  'bypass',
  'compass',
  'encompass',
  'passthrough',
  'trespass',
  'overpass',
  'underpass',
  'keepass',
  'lastpass',
  'onepass',
  'twopass',
  'multipass',
])

const STRONG_ENDING =
  /(?:password|passwd|passphrase|passcode|passwort|pass|pwd|token|secret|secretkey|apikey|accesskey|accountkey|privatekey|authkey|signingkey|encryptionkey|masterkey|appkey|authorization|cookie|credentials?value|clientsecret|bearer)$/
const STRONG_ANYWHERE = /password|passwd|passphrase|secret|apikey|privatekey|accesskey|authtoken|accesstoken/
const WEAK_ENDING = /(?:key|keys|cred|creds|credential|credentials|auth|sig|signature|token[a-z]{0,6}|salt|seed|pat)$/
const BENIGN_ENDING =
  /(?:file|filename|path|stdin|stdout|name|names|url|uri|length|len|policy|prompt|expiry|expires|expiration|ttl|type|count|dir|arn|authentication|fd|env|var|ref|version|method|manager|store|helper|generator|strength|enabled|disabled|required|age|rotation|hint|reset|change|list|id)$/

const SECRET_HEADER =
  /^(?:proxyauthorization|authorization|cookie|setcookie|privatetoken|xauthtoken|xvaulttoken|xapikey|apikey|xgoogapikey|xamzsecuritytoken|jobtoken|xauthkey|xaccesstoken|xcsrftoken|xgithubtoken|xgitlabtoken)$/

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/awssecret/, 'aws-secret-key'],
  [/pass|pwd|psw/, 'password'],
  [/apikey|appkey/, 'api-key'],
  [/privatekey/, 'private-key'],
  [/token|pat$/, 'token'],
  [/authorization|bearer/, 'authorization'],
  [/cookie/, 'cookie'],
  [/key/, 'key'],
]

const REFERENCE =
  /^(?:\$(?:$|[A-Za-z_][A-Za-z0-9_]*$|\{[A-Za-z_][A-Za-z0-9_]*\}$|[0-9@*#?!]$|\()|`|%[A-Za-z_][A-Za-z0-9_]*%$|\$env:[A-Za-z_]+$|\{\{[^}]*\}\}$|\$\{\{[^}]*\}\}$)/
const PLACEHOLDER = /^(?:\[secret:[a-z0-9-]{1,32}\]|true|false|null|none|yes|no|[01]|\*{1,64}|<[^<>]{1,64}>|-)$/i
