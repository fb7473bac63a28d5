import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A certificate for 127.0.0.1 that signs itself, and its key, both PEM; valid for a day. */
export function selfSigned(): { readonly certificate: string; readonly key: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(set(sequence(oid('550403'), utf8String('nexus test'))))
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
  const alternativeName = sequence(oid('551d11'), octets(sequence(element(0x87, Buffer.from([127, 0, 0, 1])))))
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    sequence(utcTime(-3_600_000), utcTime(86_400_000)),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(alternativeName)),
  )
  const signature = element(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]))
  const der = sequence(body, ecdsaWithSha256, signature)
  return { certificate: pem(der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** DER: a tag, a length, the content (X.690). */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...bytes]), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts))
}

function set(...parts: readonly Buffer[]): Buffer {
  return element(0x31, Buffer.concat(parts))
}

function oid(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'))
}

function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes)
}

function octets(content: Buffer): Buffer {
  return element(0x04, content)
}

function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text))
}

function utcTime(fromNow: number): Buffer {
  const text = new Date(Date.now() + fromNow).toISOString().replace(/[-:T]/g, '')
  return element(0x17, Buffer.from(`${text.slice(2, 14)}Z`))
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
