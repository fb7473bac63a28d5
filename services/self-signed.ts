/** A certificate that signs itself, for the tests of every server that speaks TLS. */
export { selfSigned } from '../packages/nexusfs/src/metadata-stores/redis/self-signed.test-fixture.ts'
