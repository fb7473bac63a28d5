const userInfo = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s'"]*@/gi
const secretParameter = /([?&;\s][\w.-]*(?:password|passwd|pwd|secret|token|key|signature|credential)[\w.-]*=)[^&;\s'"]+/gi

/**
 * The text without the passwords in it: what stands before the `@` of a URI, and parameters whose name says that they are secret,
 * become `***`. It errs on the side of hiding too much.
 */
export function redactSecrets(text: string): string {
  return text.replace(userInfo, '$1***@').replace(secretParameter, '$1***')
}
