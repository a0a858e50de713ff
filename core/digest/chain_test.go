package digest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"tocsin/core/digest"
)

// vectors is testdata/cloudtrail_digest_chain.json.
type vectors struct {
	Account, Region, Trail, Bucket, PrivateKeyPem string
	PublicKey                                     struct{ Value, Fingerprint string }
	LogFiles                                      []struct{ S3Bucket, S3Object, Text, Sha256 string }
	Digests                                       []struct {
		S3Bucket, S3Object, Text, Sha256, StringToSign string
		Metadata                                       map[string]string
	}
}

func readVectors(t testing.TB) (v vectors, signer digest.Signer, keys digest.Keys) {
	t.Helper()
	text, err := os.ReadFile("testdata/cloudtrail_digest_chain.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(v.PrivateKeyPem))
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	value, err := base64.StdEncoding.DecodeString(v.PublicKey.Value)
	if err != nil {
		t.Fatal(err)
	}
	public := digest.PublicKey{Fingerprint: v.PublicKey.Fingerprint, Value: value}
	return v, digest.NewSigner(private), digest.Keys{public.Fingerprint: public}
}

// otherSigner has a key that the vectors do not know.
var otherSigner = sync.OnceValue(func() digest.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return digest.NewSigner(key)
})

var trail = digest.Trail{Prefix: "p", Account: "210987654321", Region: "eu-central-1", Name: "audit_main", Home: "eu-west-1"}

const bucket = "audit-logs-example"

// noon is when the first window of every chain here begins.
var noon = time.Date(2024, 3, 7, 12, 0, 30, 0, time.UTC)

func hour(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

// chain is a chain of hourly digests, each with one log file, from hour(from) on.
func chain(t testing.TB, from, n int) []digest.Checked {
	t.Helper()
	_, signer, keys := readVectors(t)
	var all []digest.Checked
	var last *digest.Link
	for i := from; i < from+n; i++ {
		log := digest.LogOf(digest.Place{Bucket: bucket, Key: fmt.Sprintf("log%d", i)}, []byte("{}"), hour(i), hour(i))
		signed, err := digest.Write(trail, signer, last, digest.Window{Start: hour(i), End: hour(i + 1), Bucket: bucket, Logs: []digest.Log{log}})
		if err != nil {
			t.Fatal(err)
		}
		c := digest.Verify(signed.Object(), keys)
		if !c.Verdict.Valid() {
			t.Fatal(c.Verdict.Text())
		}
		all = append(all, c)
		last = &signed.Link
	}
	return all
}

// gone is the finding that a digest is not there.
func gone(c digest.Checked) digest.Checked {
	return digest.Checked{Place: c.Place, Verdict: digest.Verdict{Reason: digest.NotFound}}
}

// spoilt is the finding that a digest was changed.
func spoilt(c digest.Checked) digest.Checked {
	return digest.Checked{Place: c.Place, Verdict: digest.Verdict{Reason: digest.BadSignature}, File: c.File}
}
