"""VERIFY.txt: how to check the bundle, with affidavit, and with what every system has."""

from __future__ import annotations

from typing import Final

_TEXT: Final = """\
HOW TO CHECK THIS BUNDLE

It is a ZIP archive with one folder, {folder}, in it: a BagIt bag
(RFC 8493) about one registered model version. It needs no network.

What is checked, in this order:
  1. the signature covers tagmanifest-sha256.txt
  2. tagmanifest-sha256.txt lists the files beside it, manifest-sha256.txt too
  3. manifest-sha256.txt lists every file below data/
The signer's public key must come from the signer, by another way than this
bundle. A key that comes with a bundle proves nothing, and neither does this
text: anyone who forges a bundle can write another one. The same text stands in
Affidavit's documentation (docs/bundle-format.md).


WITH AFFIDAVIT

  affidavit verify BUNDLE.zip --key SIGNER.pub
  affidavit verify BUNDLE.zip --trust trust.toml

The second is for whoever trusts several signers, a certificate's authority, the
clock of a timestamp, or knows of keys that were revoked: affidavit trust init.
It also derives the rates again from their counts, and checks the names in the
archive, which the commands below do not. Start there if you can.


WITH STOCK TOOLS: WINDOWS (PowerShell)

Unpack into a short path, since Windows dislikes long ones:

  Expand-Archive -LiteralPath BUNDLE.zip -DestinationPath C:\\check
  cd C:\\check\\{folder}

Check what the two manifests list. Each line printed is a file that is missing
or is not what was sealed; no line is good:

  'tagmanifest-sha256.txt', 'manifest-sha256.txt' | ForEach-Object {{
    Get-Content -LiteralPath $_ -Encoding UTF8 | ForEach-Object {{
      $sha, $path = $_ -split '  ', 2
      $found = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash
      if ($found -ne $sha) {{ "NOT AS SEALED: $path" }}
    }}
  }}

Check that nothing else lies below data. The two numbers must be equal:

  (Get-Content manifest-sha256.txt).Count
  (Get-ChildItem data -Recurse -File -Force).Count

Take the signed statement and its signature out of the seal:

  $seal = Get-Content signatures\\seal-*.json -Raw | ConvertFrom-Json
  $body = [Convert]::FromBase64String($seal.dsseEnvelope.payload)
  $sig  = [Convert]::FromBase64String($seal.dsseEnvelope.signatures[0].sig)
  $head = "DSSEv1 28 application/vnd.in-toto+json $($body.Length) "
  $text = [Text.Encoding]::ASCII.GetBytes($head) + $body
  [IO.File]::WriteAllBytes("$PWD\\signed.bin", $text)
  [IO.File]::WriteAllBytes("$PWD\\signature.bin", $sig)

The statement must name this bundle. Both lines must show the same digest:

  ([Text.Encoding]::UTF8.GetString($body) | ConvertFrom-Json).subject
  (Get-FileHash tagmanifest-sha256.txt -Algorithm SHA256).Hash.ToLower()

Then check the signature with openssl, which Git for Windows brings, as below.


WITH STOCK TOOLS: LINUX, macOS

  unzip BUNDLE.zip
  cd {folder}

Every line must end in OK (macOS without sha256sum: shasum -a 256 -c):

  sha256sum -c tagmanifest-sha256.txt
  sha256sum -c manifest-sha256.txt

Check that nothing else lies below data. The two numbers must be equal:

  wc -l < manifest-sha256.txt
  find data -type f | wc -l

Take the signed statement and its signature out of the seal:

  sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' signatures/seal-*.json |
    openssl base64 -d -A > statement.json
  sed 's/.*"sig":"\\([^"]*\\)".*/\\1/' signatures/seal-*.json |
    openssl base64 -d -A > signature.bin
  printf 'DSSEv1 28 application/vnd.in-toto+json %d ' \\
    $(wc -c < statement.json) | cat - statement.json > signed.bin

The statement must name this bundle. Both lines must show the same digest:

  grep -o '"subject":[^]]*' statement.json
  sha256sum tagmanifest-sha256.txt


THE SIGNATURE (openssl 3.0 or later)

The openssl that macOS brings is LibreSSL, which may not know Ed25519: install
OpenSSL. If there are several files signatures/seal-*, check them one by one.

SIGNER.pub holds an Ed25519 key:

  openssl pkeyutl -verify -pubin -inkey SIGNER.pub -rawin \\
    -in signed.bin -sigfile signature.bin

SIGNER.pub holds a P-256 key:

  openssl dgst -sha256 -verify SIGNER.pub -signature signature.bin signed.bin

A certificate signed ("rawBytes" stands in the seal, and "tlogEntries":[]). Take
it out, and hold it against ROOT.pem, the root of the signer's PKI, which must
come from there and not with this bundle; ISSUING.pem is what that PKI signs
with, if another. Read whose it is. The key in it is then SIGNER.pub, of RSA
checked as one of P-256:

  sed 's/.*"rawBytes":"\\([^"]*\\)".*/\\1/' signatures/seal-*.json |
    openssl base64 -d -A | openssl x509 -inform DER -out certificate.pem
  openssl verify -CAfile ROOT.pem -untrusted ISSUING.pem certificate.pem
  openssl x509 -in certificate.pem -noout -ext subjectAltName -dates
  openssl x509 -in certificate.pem -noout -pubkey > SIGNER.pub

A timestamp lies beside the signature ("signedTimestamp" stands in the seal).
CLOCK.pem is the root of its authority, from there again:

  sed 's/.*"signedTimestamp":"\\([^"]*\\)".*/\\1/' signatures/seal-*.json |
    openssl base64 -d -A > timestamp.tsr
  openssl ts -verify -in timestamp.tsr -data signature.bin -CAfile CLOCK.pem

Two kinds of seal are beyond these commands: use affidavit, or the tools of that
kind. A keyless one ("tlogEntries":[{{ stands in it): its certificate ended some
minutes after it signed, and the entry of a log has to show that it signed
before. And one by an ML-DSA key, which openssl knows from 3.5 on.

The other files in signatures/ are what people said of this bundle (answers,
decisions, rechecks), signed in the same way; affidavit says which of them
count, by the roles in your trust.toml.

To see which key it is, and its fingerprint, to compare by phone:

  openssl pkey -pubin -in SIGNER.pub -noout -text
  openssl pkey -pubin -in SIGNER.pub -outform DER | openssl dgst -sha256


WHAT THIS SHOWS, AND WHAT IT DOES NOT

That these files are unchanged since the owner of the key signed them. It does
not show that the data are right or that the model is good, and not that a
rejection or a withdrawal was not left out: ask the signer. A bundle without
signatures/seal-* is not signed. Read data/card/model-card.html first, if it is
there.
"""


def verify_text(folder: str) -> bytes:
    """VERIFY.txt for a bundle with this top folder; the same for every build of it."""
    return _TEXT.format(folder=folder).encode()
