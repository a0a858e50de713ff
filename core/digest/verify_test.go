package digest_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"tocsin/core/digest"
	"tocsin/core/gunzip"
)

func TestVerifyTellsTheFirstFault(t *testing.T) {
	_, signer, keys := readVectors(t)
	window := digest.Window{Start: noon, End: hour(1), Bucket: bucket}
	signed, err := digest.Write(trail, signer, nil, window)
	if err != nil {
		t.Fatal(err)
	}
	window.Generated = hour(9)
	backfill, err := digest.Write(trail, signer, nil, window)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := digest.Write(trail, otherSigner(), nil, window)
	if err != nil {
		t.Fatal(err)
	}
	key := signer.PublicKey()
	garbled := key
	garbled.Value = garbled.Value[1:]
	late, early := key, key
	late.ValidFrom, early.ValidTo = hour(2), hour(0)
	without := func(name string) func(*digest.Object) {
		return func(o *digest.Object) { delete(o.Metadata, name) }
	}
	signature := func(text string) func(*digest.Object) {
		return func(o *digest.Object) { o.Metadata[digest.MetaSignature] = text }
	}
	replace := func(old, new string) func(*digest.Object) {
		return func(o *digest.Object) { o.Text = bytes.Replace(o.Text, []byte(old), []byte(new), 1) }
	}
	both := func(fs ...func(*digest.Object)) func(*digest.Object) {
		return func(o *digest.Object) {
			for _, f := range fs {
				f(o)
			}
		}
	}
	was := signed.Metadata[digest.MetaSignature]
	for _, c := range []struct {
		name   string
		of     digest.Signed
		change func(*digest.Object)
		keys   digest.Keys
		want   digest.Reason
	}{
		{"untouched", signed, nil, keys, digest.Valid},
		{"untouched backfill", backfill, nil, keys, digest.Valid},
		{"upper-case signature", signed, signature(strings.ToUpper(was)), keys, digest.Valid},
		{"not gzip", signed, func(o *digest.Object) { o.Text, o.Damage = nil, errors.New("not gzip") }, keys, digest.BadFormat},
		{"not JSON, and not signed", signed, both(replace("{", "["), without(digest.MetaSignature)), keys, digest.BadFormat},
		{"no signature, and a member missing", signed, both(without(digest.MetaSignature), replace("digestS3Bucket", "x")), keys, digest.NoSignature},
		{"no algorithm", signed, without(digest.MetaAlgorithm), keys, digest.NoSignature},
		{"backfill without its time", backfill, without(digest.MetaGenerated), keys, digest.BadFormat},
		{"a member missing, and moved", signed, both(replace("digestEndTime", "x"), func(o *digest.Object) { o.Place.Key = "elsewhere" }), keys, digest.BadFormat},
		{"moved", signed, func(o *digest.Object) { o.Place.Key = "elsewhere" }, keys, digest.Moved},
		{"in another bucket", signed, func(o *digest.Object) { o.Place.Bucket = "elsewhere" }, keys, digest.Moved},
		{"moved, of an unknown key", foreign, func(o *digest.Object) { o.Place.Key = "elsewhere_backfill.json.gz" }, keys, digest.Moved},
		{"unknown key", foreign, nil, keys, digest.UnknownKey},
		{"no keys", signed, nil, nil, digest.UnknownKey},
		{"garbled key", signed, nil, digest.Keys{key.Fingerprint: garbled}, digest.BadKey},
		{"another key under its name", signed, nil, digest.Keys{key.Fingerprint: otherSigner().PublicKey()}, digest.BadSignature},
		{"a byte changed", signed, replace("210987654321", "210987654322"), keys, digest.BadSignature},
		{"a blank added", signed, replace("{", "{ "), keys, digest.BadSignature},
		{"signature cut", signed, signature(was[2:]), keys, digest.BadSignature},
		{"signature changed", signed, signature("00" + was[2:]), keys, digest.BadSignature},
		{"signature empty", signed, signature(""), keys, digest.BadSignature},
		{"odd signature", signed, signature(was[1:]), keys, digest.OddSignature},
		{"signature is not hex", signed, signature("zz" + was[2:]), keys, digest.NotHex},
		{"signature is not hex and odd", signed, signature("z"), keys, digest.OddSignature},
	} {
		o := c.of.Object()
		o.Metadata = maps.Clone(o.Metadata)
		if c.change != nil {
			c.change(&o)
		}
		got := digest.Verify(o, c.keys)
		if got.Verdict.Reason != c.want || got.Verdict.Text() == "" {
			t.Errorf("%s: %s (%s), want %s", c.name, got.Verdict.Reason, got.Verdict.Text(), c.want)
		}
	}
	for name, k := range map[string]digest.PublicKey{"not yet": late, "no longer": early} {
		if c := digest.Verify(signed.Object(), digest.Keys{k.Fingerprint: k}); !c.Verdict.Valid() || !c.OutsideKeyPeriod {
			t.Errorf("key %s valid: %s, outside its period: %v", name, c.Verdict.Text(), c.OutsideKeyPeriod)
		}
	}
}

func TestPreviousFits(t *testing.T) {
	c := chain(t, 0, 2)
	older, named := c[0], c[1].File.Previous
	if !named.Fits(older) {
		t.Fatal("the digest before is not taken for the one that is named")
	}
	short := older
	short.Hash = [32]byte{0: 0, 1: 0x0a, 31: 7}
	was := named
	named.Hash = "a" + strings.Repeat("0", 58) + "07" // leading zeros left out
	if !named.Fits(short) {
		t.Error("a hash without its leading zeros does not fit")
	}
	for name, change := range map[string]func(*digest.Checked){
		"key":       func(c *digest.Checked) { c.Place.Key = "x" },
		"bucket":    func(c *digest.Checked) { c.Place.Bucket = "x" },
		"hash":      func(c *digest.Checked) { c.Hash[0]++ },
		"signature": func(c *digest.Checked) { c.Signature = "00" },
	} {
		other := older
		change(&other)
		if was.Fits(other) {
			t.Errorf("another %s fits", name)
		}
	}
}

func TestLogHashes(t *testing.T) {
	content := []byte(`{"Records":[]}` + strings.Repeat(" ", 100_000))
	packed := digest.Compress(content)
	entry := digest.LogOf(digest.Place{Bucket: "b", Key: "k"}, content, noon, noon)
	corrupt := bytes.Clone(packed)
	corrupt[len(corrupt)-5] ^= 1 // within the checksum
	odd := entry
	odd.HashAlgorithm = "SHA-512"
	for _, c := range []struct {
		name  string
		entry digest.Log
		src   io.Reader
		want  digest.Reason
	}{
		{"untouched", entry, bytes.NewReader(packed), digest.Valid},
		{"byte by byte", entry, iotest.OneByteReader(bytes.NewReader(packed)), digest.Valid},
		{"compressed otherwise", entry, bytes.NewReader(stored(t, content)), digest.Valid},
		{"trailer cut, content whole", entry, bytes.NewReader(packed[:len(packed)-8]), digest.Valid},
		{"changed", entry, bytes.NewReader(digest.Compress(content[1:])), digest.WrongHash},
		{"cut", entry, bytes.NewReader(packed[:len(packed)/2]), digest.WrongHash},
		{"cut in the header", entry, bytes.NewReader(packed[:5]), digest.WrongHash},
		{"one byte", entry, bytes.NewReader([]byte("{")), digest.WrongHash},
		{"empty", entry, bytes.NewReader(nil), digest.WrongHash},
		{"not gzip", entry, bytes.NewReader(content), digest.BadFormat},
		{"wrong checksum", entry, bytes.NewReader(corrupt), digest.BadFormat},
		{"a byte behind", entry, bytes.NewReader(append(bytes.Clone(packed), 0)), digest.TrailingBytes},
		{"a second member", entry, bytes.NewReader(append(bytes.Clone(packed), packed...)), digest.TrailingBytes},
		{"changed, and bytes behind", entry, bytes.NewReader(append(digest.Compress(content[1:]), 0)), digest.TrailingBytes},
		{"another kind of hash", odd, bytes.NewReader(packed), digest.UnknownHash},
		{"the disk fails", entry, iotest.ErrReader(errors.New("disk")), digest.Unreadable},
		{"the disk fails later", entry, io.MultiReader(bytes.NewReader(packed[:20]), iotest.ErrReader(io.ErrUnexpectedEOF)), digest.Unreadable},
	} {
		h := digest.NewHasher(1 << 20)
		for range 2 { // a hasher can be used again
			got, _ := h.Check(c.entry, c.src)
			if got.Reason != c.want {
				t.Errorf("%s: %s, want %s", c.name, got.Text(), c.want)
			}
			if s, ok := c.src.(io.Seeker); !ok {
				break
			} else if _, err := s.Seek(0, io.SeekStart); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, _ := digest.NewHasher(1000).Check(entry, bytes.NewReader(packed)); got.Reason != digest.Unreadable {
		t.Errorf("longer than the limit: %s", got.Text())
	}
}

func TestInflate(t *testing.T) {
	packed := digest.Compress([]byte("{}"))
	for name, src := range map[string][]byte{"empty": nil, "not gzip": []byte("{}{}{}{}{}{}"), "cut": packed[:len(packed)-1]} {
		if text, err := digest.Inflate(new(gunzip.Reader), bytes.NewReader(src), 10); err == nil {
			t.Errorf("%s: inflated to %q", name, text)
		}
	}
	if text, err := digest.Inflate(new(gunzip.Reader), bytes.NewReader(append(bytes.Clone(packed), "more"...)), 10); err != nil || string(text) != "{}" {
		t.Errorf("bytes behind: %q, %v", text, err)
	}
	if _, err := digest.Inflate(new(gunzip.Reader), bytes.NewReader(packed), 1); err == nil {
		t.Error("longer than the limit: no error")
	}
}

// stored compresses without compressing: other bytes, the same content.
func stored(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadKeys(t *testing.T) {
	v, _, keys := readVectors(t)
	entry := `{"Value":"` + v.PublicKey.Value + `","Fingerprint":"` + v.PublicKey.Fingerprint + `","ValidityStartTime":1709251200.5,"ValidityEndTime":"2024-04-01T02:00:00+02:00"}`
	for _, text := range []string{`{"PublicKeyList":[` + entry + `],"NextToken":null}`, `[` + entry + `]`} {
		got, err := digest.ReadKeys([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		k := got[v.PublicKey.Fingerprint]
		if !bytes.Equal(k.Value, keys[k.Fingerprint].Value) || !k.ValidFrom.Equal(time.UnixMilli(1709251200500)) || !k.ValidTo.Equal(time.Unix(1711929600, 0)) {
			t.Errorf("%+v", k)
		}
		again, err := digest.ReadKeys(got.AppendJSON(nil))
		if err != nil || len(again) != 1 || !again[k.Fingerprint].ValidFrom.Equal(k.ValidFrom) || !again[k.Fingerprint].ValidTo.Equal(k.ValidTo) {
			t.Errorf("written and read again: %+v, %v", again, err)
		}
	}
	for text, want := range map[string]string{
		`{`:                    "not the output of list-public-keys: unexpected end of JSON input",
		`{}`:                   "no public keys: PublicKeyList is missing or empty",
		`{"PublicKeyList":[]}`: "no public keys: PublicKeyList is missing or empty",
		`[{"Value":"!"}]`:      "PublicKeyList[0].Value: illegal base64 data at input byte 0",
		`[` + strings.Replace(entry, `"Fingerprint":"`, `"Fingerprint":"0`, 1) + `]`: "PublicKeyList[0]: Fingerprint is 0" + v.PublicKey.Fingerprint + ", but that of Value is " + v.PublicKey.Fingerprint,
	} {
		if _, err := digest.ReadKeys([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
