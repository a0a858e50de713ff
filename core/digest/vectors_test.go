package digest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/digest"
	"tocsin/core/gunzip"
)

func TestVectorsVerify(t *testing.T) {
	v, signer, keys := readVectors(t)
	if got := signer.PublicKey().Fingerprint; got != v.PublicKey.Fingerprint {
		t.Errorf("fingerprint %s, want %s", got, v.PublicKey.Fingerprint)
	}
	var newer *digest.Checked
	for i := len(v.Digests) - 1; i >= 0; i-- {
		d := v.Digests[i]
		at := digest.Place{Bucket: d.S3Bucket, Key: d.S3Object}
		text, err := digest.Inflate(new(gunzip.Reader), bytes.NewReader(digest.Compress([]byte(d.Text))), math.MaxInt32)
		if err != nil {
			t.Fatal(err)
		}
		c := digest.Verify(digest.Object{Place: at, Text: text, Metadata: d.Metadata}, keys)
		if !c.Verdict.Valid() {
			t.Errorf("%s: %s", at, c.Verdict.Text())
		}
		if got := hex.EncodeToString(c.Hash[:]); got != d.Sha256 {
			t.Errorf("%s: hash %s, want %s", at, got, d.Sha256)
		}
		if got := string(c.File.ToSign(c.Hash)); got != d.StringToSign {
			t.Errorf("%s: to sign:\n%s", at, cmp.Diff(d.StringToSign, got))
		}
		if newer != nil && !newer.File.Previous.Fits(c) {
			t.Errorf("%s is not the digest that %s names", at, newer.Place)
		}
		if named := c.File.Previous.Named(); named != (i > 0) {
			t.Errorf("%s: names a digest before: %v", at, named)
		}
		newer = &c
	}
}

// Signing is deterministic: the writer has to make the very same bytes.
func TestVectorsAreWritten(t *testing.T) {
	v, signer, _ := readVectors(t)
	var last *digest.Link
	for _, d := range v.Digests {
		f, err := digest.Parse([]byte(d.Text))
		if err != nil {
			t.Fatal(err)
		}
		where, _, _, ok := digest.ParseKey(d.S3Object)
		if !ok {
			t.Fatalf("%s is no key of a digest", d.S3Object)
		}
		got, err := digest.Write(where, signer, last, digest.Window{Start: f.Start, End: f.End, Bucket: v.Bucket, Logs: f.Logs})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.Text, string(got.Text)); diff != "" {
			t.Errorf("%s: text:\n%s", d.S3Object, diff)
		}
		if diff := cmp.Diff(d.Metadata, got.Metadata); diff != "" {
			t.Errorf("%s: metadata:\n%s", d.S3Object, diff)
		}
		if got.Place != (digest.Place{Bucket: d.S3Bucket, Key: d.S3Object}) {
			t.Errorf("written to %s, want %s", got.Place, d.S3Object)
		}
		last = &got.Link
	}
}

func TestVectorsLogFiles(t *testing.T) {
	v, _, _ := readVectors(t)
	listed := map[digest.Place]digest.Log{}
	for _, d := range v.Digests {
		f, err := digest.Parse([]byte(d.Text))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range f.Logs {
			listed[l.Place] = l
		}
	}
	h := digest.NewHasher(math.MaxInt32)
	for _, l := range v.LogFiles {
		at := digest.Place{Bucket: l.S3Bucket, Key: l.S3Object}
		entry, there := listed[at]
		if !there || entry.Hash != l.Sha256 {
			t.Errorf("%s: listed %v with hash %s, want %s", at, there, entry.Hash, l.Sha256)
		}
		if sum := sha256.Sum256([]byte(l.Text)); hex.EncodeToString(sum[:]) != l.Sha256 {
			t.Errorf("%s: the vector's hash is not that of its text", at)
		}
		verdict, n := h.Check(entry, bytes.NewReader(digest.Compress([]byte(l.Text))))
		if !verdict.Valid() || n != int64(len(l.Text)) {
			t.Errorf("%s: %s, %d bytes", at, verdict.Text(), n)
		}
	}
	if len(listed) != len(v.LogFiles) {
		t.Errorf("%d log files listed, want %d", len(listed), len(v.LogFiles))
	}
}
