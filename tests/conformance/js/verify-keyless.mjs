// Verifies a keyless statement with sigstore-js, offline:
//   node verify-keyless.mjs STATEMENT TRUSTED_ROOT IDENTITY ISSUER
// Prints the payload on success; anything else is a non-zero exit.
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify';

const [statement, root, identity, issuer] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const bundle = bundleFromJSON(read(statement));
const escaped = identity.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
new Verifier(toTrustMaterial(TrustedRoot.fromJSON(read(root)))).verify(toSignedEntity(bundle), {
  subjectAlternativeName: `^${escaped}$`,
  extensions: { issuer },
});
process.stdout.write(bundle.content.dsseEnvelope.payload);
