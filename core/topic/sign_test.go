package topic

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testKey is the key with which the vectors are signed.
func testKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors/test-key.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestVectorsSignatures(t *testing.T) {
	type vector struct {
		Message      map[string]string
		StringToSign string
		SignatureV1  string
		SignatureV2  string
	}
	cases := vectors[struct{ Cases []vector }](t, "sns_signatures.json").Cases
	if len(cases) < 3 {
		t.Fatalf("only %d cases", len(cases))
	}
	key := testKey(t)
	for i, c := range cases {
		d, err := ParseDocument([]byte(encode(c.Message)))
		if err != nil {
			t.Fatal(err)
		}
		for version, want := range map[SignatureVersion]string{SignatureV1: c.SignatureV1, SignatureV2: c.SignatureV2} {
			t.Run(fmt.Sprintf("%d %s version %s", i, d.Type, version), func(t *testing.T) {
				if diff := cmp.Diff(c.StringToSign, d.StringToSign()); diff != "" {
					t.Errorf("string to sign, -want +got:\n%s", diff)
				}
				signed, err := d.Sign(version, key, "https://sns.eu-central-1.amazonaws.com/x.pem")
				if err != nil {
					t.Fatal(err)
				}
				if signed.Signature != want {
					t.Errorf("signature %s, want %s", signed.Signature, want)
				}
				received, err := ParseDocument(signed.JSON())
				if err != nil {
					t.Fatal(err)
				}
				if err := received.Verify(&key.PublicKey); err != nil {
					t.Errorf("as received: %v", err)
				}
			})
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	key := testKey(t)
	signed, err := Message{ID: "id", TopicARN: "arn", Subject: "s", Default: "text"}.Notification(HTTPS, "sub", "https://example.com").
		Sign(SignatureV2, key, "https://example.com/x.pem")
	if err != nil {
		t.Fatal(err)
	}
	if err := signed.Verify(&key.PublicKey); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Document){
		"another message":   func(d *Document) { d.Message += "." },
		"another subject":   func(d *Document) { d.Subject = "t" },
		"no subject":        func(d *Document) { d.Subject = "" },
		"another id":        func(d *Document) { d.MessageID = "di" },
		"another topic":     func(d *Document) { d.TopicARN = "arn2" },
		"another time":      func(d *Document) { d.Timestamp = "2024-03-07T09:15:42.318Z" },
		"another kind":      func(d *Document) { d.Type = SubscriptionConfirmation },
		"another version":   func(d *Document) { d.SignatureVersion = SignatureV1 },
		"unknown version":   func(d *Document) { d.SignatureVersion = "3" },
		"signature cut":     func(d *Document) { d.Signature = d.Signature[:len(d.Signature)-4] },
		"signature no text": func(d *Document) { d.Signature = "*" },
	} {
		t.Run(name, func(t *testing.T) {
			d := signed
			change(&d)
			if d.Verify(&key.PublicKey) == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestSignRefusesUnknownVersion(t *testing.T) {
	if _, err := (Document{}).Sign("3", testKey(t), ""); err == nil || !strings.Contains(err.Error(), `"3"`) {
		t.Errorf("error %v", err)
	}
}
