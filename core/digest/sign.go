package digest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ToSign is the text whose signature a digest carries: its end, its place, the
// hash of its own text, and the signature of the digest before, or the letters
// "null" when there is none.
func (f *File) ToSign(hash [sha256.Size]byte) []byte {
	return []byte(f.endText + "\n" + f.Place.Bucket + "/" + f.Place.Key + "\n" + hex.EncodeToString(hash[:]) + "\n" + f.previousSignature)
}

// A Signer signs digests with a private key.
type Signer struct {
	key    *rsa.PrivateKey
	public PublicKey
}

// NewSigner is a signer for the key, which must have at least 1024 bits.
func NewSigner(key *rsa.PrivateKey) Signer {
	value := x509.MarshalPKCS1PublicKey(&key.PublicKey)
	return Signer{key, PublicKey{Fingerprint: Fingerprint(value), Value: value}}
}

// PublicKey is what others need to verify, without a period.
func (s Signer) PublicKey() PublicKey { return s.public }

// sign is the signature in lower-case hex. The same text always gives the same.
func (s Signer) sign(text []byte) (string, error) {
	sum := sha256.Sum256(text)
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign digest: %w", err)
	}
	return hex.EncodeToString(signature), nil
}

// verify tells whether the signature is of the text, by the key.
func verify(key *rsa.PublicKey, text, signature []byte) bool {
	sum := sha256.Sum256(text)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
}

// sameHash compares a hash with one written in hex. Digests have been seen in
// which leading zeros of a hash were left out.
func sameHash(sum [sha256.Size]byte, text string) bool {
	want := hex.EncodeToString(sum[:])
	missing := len(want) - len(text)
	return missing >= 0 && len(text) > 0 && strings.Repeat("0", missing)+text == want
}

func sortedNames(ks Keys) []string { return slices.Sorted(maps.Keys(ks)) }
