package digest_test

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"tocsin/core/digest"
)

// The key of a digest says what its trail and its end would say, and nothing
// that is no key of a digest is taken for one.
func FuzzParseKey(f *testing.F) {
	org := trail
	org.OrganizationID, org.Prefix = "o-abcde12345", "a/b c"
	for _, t := range []digest.Trail{trail, org, {Account: "210987654321", Region: "us-east-1", Name: "t", Home: "us-east-1"}} {
		f.Add(t.Key(noon, false))
		f.Add(t.Key(noon, true))
		f.Add("/" + t.Key(noon, false))
		f.Add("../../" + t.Key(noon, false))
		f.Add(strings.Replace(t.Key(noon, false), "/03/07/", "/030/7/", 1))
		f.Add(strings.Replace(t.Key(noon, false), "30Z", "30.5Z", 1))
		f.Add(strings.Replace(t.Key(noon, false), "30Z", "30Z_backfill", 1))
	}
	f.Add("AWSLogs/210987654321/CloudTrail-Digest/r/2024/03/07/210987654321_CloudTrail-Digest_r___20240307T120030Z.json.gz")
	f.Fuzz(func(t *testing.T, key string) {
		got, end, backfill, ok := digest.ParseKey(key)
		if !ok {
			return
		}
		again := got.Key(end, backfill)
		if !strings.HasSuffix(key, again) {
			t.Fatalf("%q is read as %+v %v %v, which is called %q", key, got, end, backfill, again)
		}
		if other, e, b, ok := digest.ParseKey(again); !ok || other != got || !e.Equal(end) || b != backfill || digest.IsBackfill(again) != b {
			t.Fatalf("%q is read as %+v %v %v %v", again, other, e, b, ok)
		}
	})
}

// Valid is only what the rules call so, which are written down here once more in
// the plainest way.
func FuzzVerify(f *testing.F) {
	v, signer, keys := readVectors(f)
	for _, d := range v.Digests {
		f.Add([]byte(d.Text), d.S3Bucket, d.S3Object, d.Metadata[digest.MetaSignature], false)
		f.Add([]byte(d.Text), d.S3Bucket, d.S3Object, d.Metadata[digest.MetaSignature], true)
		f.Add(bytes.Replace([]byte(d.Text), []byte(v.Account), []byte("1"), 1), d.S3Bucket, d.S3Object, d.Metadata[digest.MetaSignature], false)
		f.Add(append([]byte(d.Text), ' '), d.S3Bucket, d.S3Object, strings.ToUpper(d.Metadata[digest.MetaSignature]), true)
		f.Add([]byte(strings.Replace(d.Text, `"digestEndTime"`, `"digestEndTime":"2024-01-01T00:00:00Z","digestEndTime"`, 1)), d.S3Bucket, d.S3Object, "", true)
	}
	public, err := x509.ParsePKCS1PublicKey(signer.PublicKey().Value)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte, bucket, key, signature string, sign bool) {
		if sign { // for what is signed, nothing but the rules decides
			signature = digest.SignText(signer, text)
		}
		meta := map[string]string{digest.MetaSignature: signature, digest.MetaAlgorithm: digest.SignatureAlgorithm}
		c := digest.Verify(digest.Object{Place: digest.Place{Bucket: bucket, Key: key}, Text: text, Metadata: meta}, keys)
		if !c.Verdict.Valid() {
			return
		}
		var o map[string]any
		if err := json.Unmarshal(text, &o); err != nil {
			t.Fatalf("valid, though no JSON: %v", err)
		}
		is := func(name string) string { s, _ := o[name].(string); return s }
		previous := "null"
		if o["previousDigestSignature"] != nil {
			previous = is("previousDigestSignature")
		}
		sum := sha256.Sum256(text)
		lines := sha256.Sum256([]byte(is("digestEndTime") + "\n" + is("digestS3Bucket") + "/" + is("digestS3Object") + "\n" + hex.EncodeToString(sum[:]) + "\n" + previous))
		raw, err := hex.DecodeString(signature)
		if err != nil || is("digestS3Bucket") != bucket || is("digestS3Object") != key || is("digestPublicKeyFingerprint") != digest.Fingerprint(signer.PublicKey().Value) {
			t.Fatalf("valid, though not at its place or of another key: %s", text)
		}
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, lines[:], raw); err != nil {
			t.Fatalf("valid, though %v: %s", err, text)
		}
		if end, err := time.Parse(time.RFC3339, is("digestEndTime")); err != nil || !end.Equal(c.File.End) {
			t.Fatalf("the end is %q and read as %v", is("digestEndTime"), c.File.End)
		}
	})
}

// Whatever is given as public keys, each has its fingerprint, and what is kept
// of them is read again.
func FuzzReadKeys(f *testing.F) {
	_, signer, keys := readVectors(f)
	f.Add(keys.AppendJSON(nil))
	k := signer.PublicKey()
	k.ValidFrom, k.ValidTo = noon, noon.AddDate(0, 1, 0)
	f.Add(digest.Keys{k.Fingerprint: k}.AppendJSON(nil))
	f.Add([]byte(`[{"Value":"","Fingerprint":"d41d8cd98f00b204e9800998ecf8427e","ValidityStartTime":1.5e9,"ValidityEndTime":-1e300}]`))
	f.Add([]byte(`{"PublicKeyList":[{"Value":"QQ==","Fingerprint":"7fc56270e7a70fa81a5935b72eacbe29","ValidityStartTime":"2024-03-07T12:00:00+01:00","ValidityEndTime":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := digest.ReadKeys(text)
		if err != nil {
			return
		}
		for name, k := range keys {
			if digest.Fingerprint(k.Value) != name || k.Fingerprint != name {
				t.Errorf("%s names %+v", name, k)
			}
		}
		again, err := digest.ReadKeys(keys.AppendJSON(nil))
		if err != nil || len(again) != len(keys) {
			t.Fatalf("%d keys are read again as %d: %v", len(keys), len(again), err)
		}
		for name, k := range keys {
			if !again[name].ValidFrom.Equal(k.ValidFrom) || !again[name].ValidTo.Equal(k.ValidTo) {
				t.Errorf("%+v is read again as %+v", k, again[name])
			}
		}
	})
}

// Of a log file is said what compress/gzip makes of it: its one member, the
// hash of that, and nothing behind.
func FuzzCheck(f *testing.F) {
	text := []byte(`{"Records":[{"eventTime":"2024-03-07T12:00:30Z"},{"eventTime":"2024-03-07T12:00:31Z"}]}`)
	data := digest.Compress(text)
	f.Add(data)
	f.Add(append(bytes.Clone(data), data...))
	f.Add(append(bytes.Clone(data), 0))
	f.Add(data[:len(data)-3])
	f.Add(data[:30])
	f.Add([]byte("\x1f"))
	f.Add(text)
	f.Add([]byte{})
	h := digest.NewHasher(1 << 20)
	f.Fuzz(func(t *testing.T, data []byte) {
		want := digest.Valid
		src := bytes.NewReader(data)
		var text []byte
		z, err := gzip.NewReader(src)
		if err == nil {
			z.Multistream(false)
			text, err = io.ReadAll(io.LimitReader(z, 1<<20+1))
		}
		switch {
		case len(text) > 1<<20:
			want = digest.Unreadable
		case err == io.EOF || err == io.ErrUnexpectedEOF: // it was cut; what there is of it decides
			want = digest.WrongHash
			if len(data) >= 2 && !bytes.HasPrefix(data, []byte("\x1f\x8b")) {
				want = digest.BadFormat
			}
		case err != nil:
			want = digest.BadFormat
		case src.Len() > 0:
			want = digest.TrailingBytes
		}
		l := digest.LogOf(digest.Place{}, text, noon, noon)
		got, _ := h.Check(l, iotest.HalfReader(bytes.NewReader(data)))
		if got.Reason != want && (want != digest.WrongHash || got.Reason != digest.Valid) {
			t.Fatalf("%s (%v), want %s (%v)", got.Reason, got.Detail, want, err)
		}
		if l.Hash = strings.Repeat("1", 64); want == digest.Valid {
			if got, _ := h.Check(l, bytes.NewReader(data)); got.Reason != digest.WrongHash {
				t.Fatalf("with another hash: %s", got.Reason)
			}
		}
	})
}
