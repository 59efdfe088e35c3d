#!/bin/sh
# The certificates that tests of TLS need, made when they run: in FOLDER
#
#     ca.crt                 whom to trust
#     good.pem               certificate and key for localhost and 127.0.0.1
#     wrong/expired.pem      likewise, of two days in 2020
#     wrong/host.pem         for another host
#     wrong/self.pem         signed by itself
#
#     tests/net/certificates.sh FOLDER
set -eu
cd -- "$1"
mkdir wrong

cat >openssl.cnf <<'END'
[req]
distinguished_name = name
prompt = no
[name]
CN = muster's tests
[authority]
basicConstraints = critical, CA:true
subjectKeyIdentifier = hash
[here]
subjectAltName = DNS:localhost, IP:127.0.0.1
[elsewhere]
subjectAltName = DNS:elsewhere.invalid
[ca]
default_ca = books
[books]
database = index
serial = serial
new_certs_dir = .
certificate = ca.crt
private_key = ca.key
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
END
: >index
echo 01 >serial

# key NAME: makes NAME.key.
key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}

# signed NAME SECTION FROM TO: makes NAME.pem, signed by the authority.
signed() {
	key "$1"
	openssl req -config openssl.cnf -new -key "$1.key" -out "$1.csr"
	openssl ca -config openssl.cnf -batch -notext -extensions "$2" -startdate "$3" \
		-enddate "$4" -in "$1.csr" -out "$1.crt"
	cat "$1.crt" "$1.key" >"$1.pem"
}

key ca
openssl req -config openssl.cnf -x509 -key ca.key -days 30 -extensions authority -out ca.crt
signed good here 20200101000000Z 20990101000000Z
signed wrong/expired here 20200101000000Z 20200103000000Z
signed wrong/host elsewhere 20200101000000Z 20990101000000Z
key wrong/self
openssl req -config openssl.cnf -x509 -key wrong/self.key -days 30 -extensions here \
	-out wrong/self.crt
cat wrong/self.crt wrong/self.key >wrong/self.pem
