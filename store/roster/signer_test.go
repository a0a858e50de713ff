package roster_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
func documents(t *testing.T, s *roster.Signer) []topic.Document {
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
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	s := openSigner(t, openSQLite(t), site)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certificate := write("certificate.pem", s.CertificatePEM())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i, d := range documents(t, s) {
		for _, changed := range []bool{false, true} {
			body, want := d.JSON(), "good"
			if changed {
				d.Message += "!"
				body, want = d.JSON(), "bad"
			}
			out, err := exec.CommandContext(ctx, node, "testdata/verify.js", certificate, write("document.json", body)).CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != want {
				t.Errorf("document %d, version %s, changed %v: %s %v", i, d.SignatureVersion, changed, out, err)
			}
		}
	}
}
