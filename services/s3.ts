import { randomBytes, randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { serverDirectory, startGuarded } from './guarded-server.ts'
import { findProgram } from './programs.ts'
import type { Found, RunningService, Service, StartOptions } from './service.ts'

/** Ceph's S3 gateway, with one bucket. Its objects are in memory: a restart begins with none. */
export const s3: Service = {
  name: 's3',
  variable: 'AWS_ENDPOINT_URL',
  install: 'apt-get install --no-install-recommends ceph-mon ceph-osd ceph-common radosgw',
  find: findGateway,
  start: startGateway,
}

const script = fileURLToPath(new URL('s3-gateway.sh', import.meta.url))
const region = 'us-west-2'
/** A name has at least three letters. */
const bucket = 'nexus-tests'

/** The programs that the script beside this file starts. */
function missingProgram(): string | undefined {
  const found: Readonly<Record<string, string | undefined>> = {
    'ceph-mon': findProgram('ceph-mon'),
    monmaptool: findProgram('monmaptool'),
    'ceph-osd': findProgram('ceph-osd'),
    ceph: findProgram('ceph'),
    radosgw: findProgram('radosgw'),
    'radosgw-admin': findProgram('radosgw-admin'),
    setpriv: findProgram('setpriv'),
  }
  return Object.keys(found).find((name) => found[name] === undefined)
}

/** The bucket, and the credentials for it. */
function awsVariables(): Readonly<Record<string, string>> {
  const all = Object.entries(process.env).map(([name, value = '']) => [name, value] as const)
  return Object.fromEntries(all.filter(([name]) => name.startsWith('AWS_')))
}

async function findGateway(): Promise<Found> {
  const { AWS_ENDPOINT_URL: url, AWS_BUCKET: given } = process.env
  if (url && given) return { status: 'given', url, env: awsVariables() }
  const missing = missingProgram()
  return missing === undefined
    ? { status: 'installed', detail: findProgram('radosgw') ?? 'radosgw' }
    : { status: 'missing', reason: `no ${missing} on the PATH` }
}

async function startGateway(options: StartOptions = {}): Promise<RunningService> {
  const missing = missingProgram()
  if (missing !== undefined) throw new Error(`Ceph's gateway is not installed (no ${missing}); ${s3.install}`)
  const shell = findProgram('sh') ?? '/bin/sh'
  const directory = serverDirectory('s3')
  try {
    const [port, monitorPort, oldMonitorPort] = [await freePort(), await freePort(), await freePort()]
    const monitor = `[v2:127.0.0.1:${monitorPort},v1:127.0.0.1:${oldMonitorPort}]`
    writeFileSync(join(directory, 'ceph.conf'), configuration({ directory, port, monitor, settings: options.settings ?? {} }))
    const [key, secret] = [randomBytes(10).toString('hex').toUpperCase(), randomBytes(20).toString('hex')]
    const server = await startGuarded({
      name: 's3',
      directory,
      port,
      command: shell,
      arguments: [script, monitor, key, secret],
      signals: { stop: 'SIGTERM', crash: 'SIGKILL' },
      readySeconds: 90,
      kept: options.kept,
      isReady: () => answersWithBucket(port, { key, secret }),
    })
    const url = `http://127.0.0.1:${port}`
    const env = {
      AWS_ENDPOINT_URL: url,
      AWS_BUCKET: bucket,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: secret,
    }
    return { name: 's3', url, env, own: server, stop: server.stop }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

/** Ready is who has the bucket: the first request to a new pool takes seconds. */
async function answersWithBucket(
  port: number,
  { key, secret }: { readonly key: string; readonly secret: string },
): Promise<boolean> {
  const endpoint = `http://127.0.0.1:${port}`
  if (
    !(await fetch(endpoint).then(
      (reply) => reply.ok,
      () => false,
    ))
  ) {
    await sleep(100)
    return false
  }
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3')
  const credentials = { accessKeyId: key, secretAccessKey: secret }
  // Of this region the client says nothing, and the gateway knows no other.
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 })
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    return true
  } catch {
    return false
  } finally {
    client.destroy()
  }
}

interface Configuration {
  readonly directory: string
  readonly port: number
  readonly monitor: string
  /** Of the section of the gateway. */
  readonly settings: Readonly<Record<string, string>>
}

function configuration({ directory, port, monitor, settings }: Configuration): string {
  const gateway = {
    'rgw data': join(directory, 'rgw'),
    // Without the second, a list or delete on a connection that was used before takes 40 ms.
    'rgw frontends': `beast endpoint=127.0.0.1:${port} tcp_nodelay=1`,
    'rgw thread pool size': '64',
    'rgw enable usage log': 'false',
    'rgw enable ops log': 'false',
    // What was deleted is removed soon, so that the memory does not fill up.
    'rgw gc obj min wait': '5',
    'rgw gc processor period': '5',
    'rgw gc processor max time': '5',
    ...settings,
  }
  const lines = Object.entries(gateway).map(([name, value]) => `${name} = ${value}`)
  return `${cluster(directory, monitor)}[client.rgw]\n${lines.join('\n')}\n[client]\nauth supported = none\nms mon client mode = crc\n`
}

/** One monitor and one object store, without authentication on loopback, each pool kept once. */
function cluster(directory: string, monitor: string): string {
  return `[global]
fsid = ${randomUUID()}
mon host = ${monitor}
auth supported = none
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = ${directory}/run
log file = ${directory}/$name.log
admin socket = ${directory}/run/$name.asok
debug rgw = 0/0
debug osd = 0/0
debug ms = 0/0
debug mon = 0/0
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
osd crush chooseleaf type = 0
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon data avail crit = 1
[mon.a]
mon data = ${directory}/mon
[osd]
osd class dir = /usr/lib/x86_64-linux-gnu/rados-classes
osd objectstore = memstore
memstore device bytes = 2147483648
osd data = ${directory}/osd
`
}
