// A private Sigstore on loopback, on @sigstore/mock: node sigstore.mjs FOLDER
// Writes trusted_root.json, trust_config.json (Rekor v1) and trust_config_v2.json (Rekor v2 with a
// timestamp authority) into FOLDER, prints its address, and serves until its input ends.
//
// The mock was written for sigstore-js. What it lacks for others is done here: the token
// as a bearer header beside a CSR, the entry that Rekor v1 makes of a proposed DSSE envelope, and
// RFC 3161 in DER, which timestamp clients speak (the mock takes JSON).
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import mock from '@sigstore/mock';
import x509 from '@peculiar/x509';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';

const TOO_LARGE = 1024 * 1024;
const folder = process.argv[2];
const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const sha256 = (bytes, form = 'hex') => createHash('sha256').update(bytes).digest(form);
const pair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const spki = (keys) => keys.publicKey.export({ type: 'spki', format: 'der' });
const keys = { ca: pair(), ct: pair(), log: pair(), clock: pair() };

const ca = await mock.initializeCA(keys.ca, await mock.initializeCTLog(keys.ct));
const clock = await mock.initializeTSA(keys.clock);
const fulcio = mock.fulcioHandler(ca);

// Fulcio's client sends the token as a header, and a CSR; the mock takes both in its JSON.
function certify(body, headers) {
  const asked = JSON.parse(body);
  const csr = Buffer.from(asked.certificateSigningRequest, 'base64').toString();
  const key = new x509.Pkcs10CertificateRequest(csr).publicKey.toString('pem');
  asked.credentials = { oidcIdentityToken: (headers.authorization ?? '').replace(/^Bearer /, '') };
  asked.publicKeyRequest = { publicKey: { content: key } };
  return fulcio.fn(JSON.stringify(asked));
}

// Rekor v1 keeps digests and signatures of a proposed envelope, never the envelope.
function entry(body) {
  const asked = JSON.parse(body);
  if (asked.kind !== 'dsse') return rekor.fn(body);
  const { envelope, verifiers } = asked.spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope);
  asked.spec = {
    envelopeHash: { algorithm: 'sha256', value: sha256(envelope) },
    payloadHash: { algorithm: 'sha256', value: sha256(Buffer.from(payload, 'base64')) },
    signatures: signatures.map((s, i) => ({ signature: s.sig, verifier: verifiers[i] })),
  };
  return rekor.fn(JSON.stringify(asked));
}

// Rekor v2 keeps a DSSE signature by the digest of what was signed, and gives no time. The mock's
// own answer has a place outside of its tree and a body of another form: its proof alone is used.
function tile(body) {
  const { digest, signature } = JSON.parse(body).hashedRekordRequestV002;
  const data = { algorithm: 'SHA2_256', digest };
  const kindVersion = { kind: 'hashedrekord', version: '0.0.2' };
  const entry = { apiVersion: '0.0.2', kind: 'hashedrekord', spec: { hashedRekordV002: { data, signature } } };
  const kept = Buffer.from(JSON.stringify(entry));
  const logID = Buffer.from(sha256(spki(keys.log)), 'hex');
  const proof = log.calculateInclusionProof({ body: kept, timestamp: Date.now() / 1000 | 0, logID });
  const response = JSON.stringify({
    logIndex: '0',
    logId: { keyId: base64(logID) },
    kindVersion,
    inclusionProof: {
      logIndex: '0',
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      treeSize: '1',
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: base64(kept),
  });
  return { statusCode: 201, response, contentType: 'application/json' };
}

// A TimeStampReq in DER; its nonce has 64 bits, which no number of JavaScript's holds.
let nonce;
const stated = clock.tstInfo.bind(clock);
clock.tstInfo = (asked) => {
  const info = stated({ ...asked, nonce: 0 });
  info.nonce = nonce;
  return info;
};
async function timestamp(bytes) {
  const asked = pkijs.TimeStampReq.fromBER(bytes);
  nonce = asked.nonce;
  const response = await clock.timestamp({
    artifactHash: Buffer.from(asked.messageImprint.hashedMessage.valueBlock.valueHexView),
    hashAlgorithmOID: asked.messageImprint.hashAlgorithm.algorithmId,
    policyOID: '1.3.6.1.4.1.57264.2',
    certReq: asked.certReq ?? false,
  });
  return { statusCode: 201, response, contentType: 'application/timestamp-reply' };
}

const server = createServer((request, answer) => {
  const parts = [];
  request.on('data', (part) => {
    parts.push(part);
    if (parts.reduce((n, p) => n + p.length, 0) > TOO_LARGE) request.destroy();
  });
  request.on('end', async () => {
    const bytes = Buffer.concat(parts);
    const routes = {
      [fulcio.path]: () => certify(bytes.toString(), request.headers),
      [rekor.path]: () => entry(bytes.toString()),
      '/api/v2/log/entries': () => tile(bytes.toString()),
      '/api/v1/timestamp': () => timestamp(bytes),
    };
    let said = { statusCode: 404, response: '' };
    try {
      said = (await routes[request.url]?.()) ?? said;
    } catch (error) {
      said = { statusCode: 400, response: String(error) };
    }
    answer.writeHead(said.statusCode, { 'Content-Type': said.contentType ?? 'text/plain' });
    answer.end(said.response);
  });
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${server.address().port}`;
const log = await mock.initializeTLog(url, keys.log);
const rekor = mock.rekorHandler(log);

const start = new Date(Date.now() - 3600e3).toISOString();
const authority = (...chain) => ({
  subject: { organization: 'mock', commonName: 'mock' },
  uri: url,
  certChain: { certificates: chain.map((c) => ({ rawBytes: base64(new X509Certificate(c).raw) })) },
  validFor: { start },
});
const instance = (k) => ({
  baseUrl: url,
  hashAlgorithm: 'SHA2_256',
  publicKey: {
    rawBytes: base64(spki(k)),
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    validFor: { start },
  },
  logId: { keyId: sha256(spki(k), 'base64') },
});
const trustedRoot = {
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [instance(keys.log)],
  certificateAuthorities: [authority(ca.rootCertificate)],
  ctlogs: [instance(keys.ct)],
  timestampAuthorities: [authority(clock.intCertificate, clock.rootCertificate)],
};
const service = (majorApiVersion, at = url) => ({
  url: at, majorApiVersion, validFor: { start }, operator: 'mock',
});
const config = (rekorVersion, tsaUrls) => ({
  mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
  trustedRoot,
  signingConfig: {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(1)],
    oidcUrls: [service(1)],
    rekorTlogUrls: [service(rekorVersion)],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls,
    tsaConfig: { selector: 'ANY' },
  },
});
const write = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value, null, 1));
write('trusted_root.json', trustedRoot);
write('trust_config.json', config(1, []));
write('trust_config_v2.json', config(2, [service(1, `${url}/api/v1/timestamp`)]));
console.log(url);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
