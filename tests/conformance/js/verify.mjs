// Verifies one signed statement with sigstore-js: node verify.mjs STATEMENT PUBLIC_KEY.pem
// Prints the payload on success; anything else is a non-zero exit.
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify';
import { PublicKeyDetails } from '@sigstore/protobuf-specs';

const [statement, keyFile] = process.argv.slice(2);
const key = createPublicKey(readFileSync(keyFile));
const der = key.export({ type: 'spki', format: 'der' });
const hint = createHash('sha256').update(der).digest('base64');
const details =
  key.asymmetricKeyType === 'ed25519'
    ? PublicKeyDetails.PKIX_ED25519
    : PublicKeyDetails.PKIX_ECDSA_P256_SHA_256;
const root = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const trust = toTrustMaterial(root, {
  [hint]: { rawBytes: der, keyDetails: details, validFor: { start: new Date(0) } },
});
const bundle = bundleFromJSON(JSON.parse(readFileSync(statement, 'utf8')));
new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(
  toSignedEntity(bundle),
);
process.stdout.write(bundle.content.dsseEnvelope.payload);
