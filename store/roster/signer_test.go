package roster_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tocsin/core/topic"
	"tocsin/store/roster"
	"tocsin/store/state"
)

const site = topic.Site("https://tocsin.example.com:4580")

func openSigner(t *testing.T, db *state.DB, site topic.Site) *roster.Signer {
	t.Helper()
	s, err := roster.OpenSigner(t.Context(), db, site, start)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSignerStays(t *testing.T) {
	db := openSQLite(t)
	s := openSigner(t, db, site)
	block, _ := pem.Decode(s.CertificatePEM())
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := certificate.VerifyHostname("tocsin.example.com"); err != nil {
		t.Error(err)
	}
	if certificate.NotAfter.Before(start.AddDate(20, 0, 0)) || certificate.NotBefore.After(start) {
		t.Errorf("valid from %v to %v", certificate.NotBefore, certificate.NotAfter)
	}
	if strings.Contains(string(s.CertificatePEM()), "PRIVATE") {
		t.Error("the certificate comes with the private key")
	}
	if ok, err := regexp.MatchString(`^/SimpleNotificationService-[0-9a-f]{32}\.pem$`, s.CertificatePath()); !ok || err != nil {
		t.Errorf("the certificate is at %s", s.CertificatePath())
	}
	again := openSigner(t, db, "https://elsewhere.example.com")
	if again.CertificatePath() != s.CertificatePath() || string(again.CertificatePEM()) != string(s.CertificatePEM()) {
		t.Error("the site moved, and the key with it")
	}
	if other := openSigner(t, openSQLite(t), "http://127.0.0.1:4580"); other.CertificatePath() == s.CertificatePath() {
		t.Error("two databases have one key")
	}
}

func TestSignerRefuses(t *testing.T) {
	if _, err := roster.OpenSigner(t.Context(), openSQLite(t), "nowhere", start); err == nil {
		t.Error("a site without a host has a key")
	}
	good := openSQLite(t)
	openSigner(t, good, site)
	var key string
	if err := good.View(t.Context(), func(tx *state.Tx) (err error) {
		key, err = tx.Setting(t.Context(), "sns/signing-key")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	blocks := strings.SplitAfter(key, "-----END PRIVATE KEY-----\n")
	for name, stored := range map[string]string{"nothing readable": "x", "no certificate": blocks[0], "no key": blocks[1], "twice the key": blocks[0] + blocks[0]} {
		db := openSQLite(t)
		if err := db.Update(t.Context(), func(tx *state.Tx) error {
			_, err := tx.InitSetting(t.Context(), "sns/signing-key", stored)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, err := roster.OpenSigner(t.Context(), db, site, start)
		if err == nil || strings.Contains(err.Error(), "MII") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// documents are one of each kind, with text that needs escaping, in both versions.
func documents(t *testing.T, s *roster.Signer, site topic.Site) []topic.Document {
	t.Helper()
	subject := "Rung \"twice\""
	m, err := topic.Publication{TopicARN: alarms, Message: "ding\n<dong> & \u2028 \U0001F514 \"\\", Subject: &subject}.Check("6b0e71bd-7e97-4d97-80ce-4a0994e55286", start)
	if err != nil {
		t.Fatal(err)
	}
	request := topic.Request{MessageID: "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", Token: topic.NewToken(make([]byte, 96)), Time: start}
	var out []topic.Document
	for _, d := range []topic.Document{
		m.Notification(topic.HTTPS, alarms+":1", site),
		topic.ConfirmSubscription(alarms, request, site),
		topic.ConfirmUnsubscribe(alarms+":1", request, site),
	} {
		for _, version := range []topic.SignatureVersion{topic.SignatureV1, topic.SignatureV2} {
			signed, err := s.Sign(d, version, site)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, signed)
		}
	}
	return out
}

// A program that knows nothing of this one finds the signatures good, and those
// of a changed message bad.
func TestSignaturesInNode(t *testing.T) {
	s := openSigner(t, openSQLite(t), site)
	judgedByNode(t, s, documents(t, s, site), "testdata/verify.js")
}

// AWS's own verifier for Node.js does so too; testdata/sns-validator/README.md
// tells how to have it at hand. It wants a certificate of AWS's site, and cannot
// verify an UnsubscribeConfirmation: it leaves out the Token, which the SNS guide
// has among what is signed.
func TestSignaturesInSNSValidator(t *testing.T) {
	folder := os.Getenv("TOCSIN_SNS_VALIDATOR")
	if folder == "" {
		t.Skip("TOCSIN_SNS_VALIDATOR names no folder with the npm package sns-validator")
	}
	s := openSigner(t, openSQLite(t), site)
	verifiable := slices.DeleteFunc(documents(t, s, topic.AWSSite("eu-central-1")), func(d topic.Document) bool {
		return d.Type == topic.UnsubscribeConfirmation
	})
	judgedByNode(t, s, verifiable, "testdata/sns-validator/validate.js", folder)
}

// judgedByNode runs a script with the certificate and all documents, each as it
// is and changed; the script has to write a line for each, good or bad.
func judgedByNode(t *testing.T, s *roster.Signer, documents []topic.Document, script ...string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args := append(script, write("certificate.pem", s.CertificatePEM()))
	for i, d := range documents {
		args = append(args, write(fmt.Sprint(i, ".json"), d.JSON()))
		d.Message += "!"
		args = append(args, write(fmt.Sprint(i, "-changed.json"), d.JSON()))
	}
	out, err := exec.CommandContext(t.Context(), node, args...).CombinedOutput()
	if want := strings.Repeat("good\nbad\n", len(documents)); err != nil || string(out) != want {
		t.Errorf("of %d documents, each as it is and changed, node says %v:\n%s", len(documents), err, out)
	}
}

// OpenSSL reads the certificate, and verifies with its key.
func TestSignaturesInOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	s := openSigner(t, openSQLite(t), site)
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, text []byte) {
		if err := os.WriteFile(in(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), openssl, args...).CombinedOutput()
		return string(out), err
	}
	write("certificate.pem", s.CertificatePEM())
	key, err := run("x509", "-in", in("certificate.pem"), "-pubkey", "-noout")
	if err != nil {
		t.Fatal(key, err)
	}
	write("key.pem", []byte(key))
	for i, d := range documents(t, s, site) {
		signature, err := base64.StdEncoding.DecodeString(d.Signature)
		if err != nil {
			t.Fatal(err)
		}
		write("signature", signature)
		write("covered", []byte(d.StringToSign()))
		digest := map[topic.SignatureVersion]string{topic.SignatureV1: "-sha1", topic.SignatureV2: "-sha256"}[d.SignatureVersion]
		if out, err := run("dgst", digest, "-verify", in("key.pem"), "-signature", in("signature"), in("covered")); err != nil {
			t.Errorf("document %d, version %s: %s %v", i, d.SignatureVersion, out, err)
		}
	}
}
