/**
 * What an instance is given to boot from. Pure.
 *
 * Bootstrap data holds keys and is larger than user data may be, so the instance gets a script that fetches it from
 * Secrets Manager, deletes it there, and lets cloud-init carry on with what it found. Cloud-init runs a boothook early and on
 * every boot; the script does nothing once the data is there.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/secretsmanager/secret_fetch_script.go
 * @source https://cloudinit.readthedocs.io/en/latest/explanation/format.html#mime-multi-part-archive
 */
import { createHash } from "node:crypto"

/** Where the boothook leaves the bootstrap data and the include finds it. */
const dataFile = "/etc/secret-userdata.txt"

const boundary = "MIMEBOUNDARY"

export interface SecretLocation {
  /** Without the chunk's number. */
  readonly prefix: string
  /** How many chunks there are, numbered from 0. */
  readonly count: number
  readonly region: string
}

/** The shell script of the boothook. */
const boothook = ({ count, prefix, region }: SecretLocation): string =>
  `#!/bin/bash
# Fetches this machine's bootstrap data from AWS Secrets Manager, once, and deletes it there.
set -o errexit -o nounset -o pipefail
umask 006

REGION="${region}"
SECRET_PREFIX="${prefix}"
CHUNKS="${count}"
FILE="${dataFile}"
ATTEMPTS=10
PAUSE=10

if [ -f "\${FILE}" ]; then
  exit 0
fi

say() { echo "[bootstrap-data] $*"; }

attempt() {
  local try
  for try in $(seq 1 "\${ATTEMPTS}"); do
    if "$@"; then return 0; fi
    say "attempt \${try} of \${ATTEMPTS} failed: $1"
    sleep "\${PAUSE}"
  done
  return 1
}

fetch() {
  local encoded
  encoded=$(aws secretsmanager --region "\${REGION}" get-secret-value --output text --query SecretBinary --secret-id "$1") &&
    base64 --decode <<< "\${encoded}" >> "\${FILE}.gz"
}

forget() {
  aws secretsmanager --region "\${REGION}" delete-secret --force-delete-without-recovery --output text --secret-id "$1" > /dev/null
}

rm -f "\${FILE}.gz"
for index in $(seq 0 $((CHUNKS - 1))); do
  attempt fetch "\${SECRET_PREFIX}-\${index}" || { say "giving up"; exit 1; }
done
for index in $(seq 0 $((CHUNKS - 1))); do
  attempt forget "\${SECRET_PREFIX}-\${index}" || say "secret \${SECRET_PREFIX}-\${index} is left behind"
done

gunzip "\${FILE}.gz"
say "bootstrap data is in \${FILE}; restarting cloud-init"
systemctl restart cloud-init
`

/** The whole user data of the secure mode: the boothook, and an include of what it fetches. */
export const secureUserData = (location: SecretLocation): string =>
  `Content-Type: multipart/mixed; boundary="${boundary}"
MIME-Version: 1.0

--${boundary}
Content-Type: text/cloud-boothook; charset="us-ascii"
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit
Content-Disposition: attachment; filename="boothook.txt"

${boothook(location)}
--${boundary}
Content-Type: text/x-include-url; charset="us-ascii"
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit
Content-Disposition: attachment; filename="include.txt"

file://${dataFile}

--${boundary}--
`

/** Pieces of at most `size` bytes; at least one. */
export const chunksOf = (data: Uint8Array, size: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.max(1, Math.ceil(data.length / size)) }, (_, index) =>
    data.subarray(index * size, (index + 1) * size)
  )

/** SHA-256 in hexadecimal. */
export const hashOf = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex")

export const toBase64 = (data: string | Uint8Array): string => Buffer.from(data).toString("base64")
