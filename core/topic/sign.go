package topic

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// A SignatureVersion is how documents are signed: RSA PKCS#1 v1.5 over SHA-1 in
// version 1, over SHA-256 in version 2.
type SignatureVersion string

const (
	SignatureV1 SignatureVersion = "1"
	SignatureV2 SignatureVersion = "2"
)

// ParseSignatureVersion reads the SignatureVersion of a topic, which is 1 unless set.
func ParseSignatureVersion(s string) (SignatureVersion, error) {
	switch v := SignatureVersion(s); v {
	case SignatureV1, SignatureV2:
		return v, nil
	case "":
		return SignatureV1, nil
	}
	return "", refuse("SignatureVersion: Invalid value [%s]. Must be 1 or 2.", s)
}

// StringToSign is the text that the signature covers: the document's members
// with their names, in the order of the names. Attributes, the links to the
// certificate and for unsubscribing are not covered.
func (d Document) StringToSign() string {
	members := []member{
		{name: "Message", value: d.Message},
		{name: "MessageId", value: d.MessageID},
	}
	if d.Type == Notification {
		members = append(members, member{name: "Subject", value: d.Subject, optional: true})
	} else {
		members = append(members, member{name: "SubscribeURL", value: d.SubscribeURL})
	}
	members = append(members, member{name: "Timestamp", value: d.Timestamp})
	if d.Type != Notification {
		members = append(members, member{name: "Token", value: d.Token})
	}
	members = append(members, member{name: "TopicArn", value: d.TopicARN}, member{name: "Type", value: string(d.Type)})

	var b strings.Builder
	for _, m := range members {
		if !m.optional || m.value != "" {
			b.WriteString(m.name + "\n" + m.value + "\n")
		}
	}
	return b.String()
}

// Sign is the document with its signature by key, whose certificate is at
// certificateURL. The same document and key give the same signature.
func (d Document) Sign(version SignatureVersion, key *rsa.PrivateKey, certificateURL string) (Document, error) {
	d.SignatureVersion, d.SigningCertURL = version, certificateURL
	hash, digest, err := d.digest()
	if err != nil {
		return Document{}, err
	}
	signature, err := rsa.SignPKCS1v15(nil, key, hash, digest)
	if err != nil {
		return Document{}, fmt.Errorf("sign SNS document %s: %w", d.MessageID, err)
	}
	d.Signature = base64.StdEncoding.EncodeToString(signature)
	return d, nil
}

// Verify tells whether the document bears a signature by the owner of key. That
// the key is SNS's must be known from where its certificate came.
func (d Document) Verify(key *rsa.PublicKey) error {
	hash, digest, err := d.digest()
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(d.Signature)
	if err != nil {
		return fmt.Errorf("SNS document %s: signature: %w", d.MessageID, err)
	}
	if err := rsa.VerifyPKCS1v15(key, hash, digest, signature); err != nil {
		return fmt.Errorf("SNS document %s: the signature does not fit the document: %w", d.MessageID, err)
	}
	return nil
}

func (d Document) digest() (crypto.Hash, []byte, error) {
	covered := []byte(d.StringToSign())
	switch d.SignatureVersion {
	case SignatureV1:
		sum := sha1.Sum(covered)
		return crypto.SHA1, sum[:], nil
	case SignatureV2:
		sum := sha256.Sum256(covered)
		return crypto.SHA256, sum[:], nil
	}
	return 0, nil, fmt.Errorf("SNS document %s: SignatureVersion is %q, which is neither 1 nor 2", d.MessageID, d.SignatureVersion)
}
