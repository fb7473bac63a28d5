import { isDigest } from '../../core/digest.ts'
import { limits } from '../../core/limits.ts'
import { isMode } from './attributes.ts'
import type { OptionName } from './operations.ts'

/** What the value of an option must be. */
export interface OptionForm {
  /** For people: `true or false`. */
  readonly form: string
  isRight(value: unknown): boolean
  /** What a call keeps of a value that its caller could change meanwhile. */
  copy?(value: unknown): unknown
}

const text: OptionForm = { form: 'a string', isRight: (value) => typeof value === 'string' }
const flag: OptionForm = { form: 'true or false', isRight: (value) => typeof value === 'boolean' }
const number: OptionForm = { form: 'a number', isRight: (value) => typeof value === 'number' }
const object: OptionForm = { form: 'an object', isRight: (value) => typeof value === 'object' && value !== null }

/** Which values are right is for the operation to say, in an error of its own. */
const checkedLater: OptionForm = { form: 'as the operation says', isRight: () => true }

const forms: Readonly<Record<OptionName, OptionForm>> = {
  signal: { form: 'an AbortSignal', isRight: (value) => value instanceof AbortSignal },
  author: text,
  reason: text,
  to: text,
  parents: flag,
  executable: flag,
  recursive: flag,
  force: flag,
  overwrite: flag,
  dryRun: flag,
  mirror: flag,
  checksum: flag,
  verify: flag,
  mode: { form: 'a whole number from 0 to 0o7777', isRight: isMode },
  version: number,
  start: number,
  length: number,
  pageSize: {
    form: `a whole number from 1 to ${limits.scanEntries}`,
    isRight: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= limits.scanEntries,
  },
  modifiedAt: {
    form: 'a valid Date',
    isRight: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
    copy: (value) => (value instanceof Date ? new Date(value) : value),
  },
  ifMatch: {
    form: 'an etag, { version } or { digest }',
    isRight: isEtagVersionOrDigest,
    copy: (value) => (typeof value === 'object' && value !== null ? Object.freeze({ ...value }) : value),
  },
  ifNoneMatch: { form: "'*'", isRight: (value) => value === '*' },
  exclude: {
    form: 'a list of patterns',
    isRight: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
    copy: (value) => (Array.isArray(value) ? Object.freeze([...value]) : value),
  },
  links: oneOf('keep', 'refuse', 'skip', 'follow'),
  onChange: { form: 'a function', isRight: (value) => typeof value === 'function' },
  onProgress: { form: 'a function', isRight: (value) => typeof value === 'function' },
  create: flag,
  readOnly: flag,
  mayShareStorage: flag,
  cacheBytes: number,
  inlineBytes: number,
  folderLayers: object,
  keepLayers: flag,
  clock: object,
  random: object,
  storage: checkedLater,
  metadata: checkedLater,
  path: checkedLater,
  content: checkedLater,
}

/** The forms of all options of all operations, by name. */
export const optionForms: ReadonlyMap<string, OptionForm> = new Map(Object.entries(forms))

function oneOf(...values: readonly string[]): OptionForm {
  const [last = '', ...others] = values.map((value) => `'${value}'`).reverse()
  return {
    form: `${others.reverse().join(', ')} or ${last}`,
    isRight: (value) => values.some((each) => each === value),
  }
}

/** Nothing else may be in the object: it would be passed over. */
function isEtagVersionOrDigest(value: unknown): boolean {
  if (typeof value === 'string') return true
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false
  return 'version' in value ? typeof value.version === 'number' : 'digest' in value && isDigest(value.digest)
}
