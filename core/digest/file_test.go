package digest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/digest"
)

// whole is a digest with all that it needs.
const whole = `{"awsAccountId":"1","digestStartTime":"2024-03-07T12:00:30Z","digestEndTime":"2024-03-07T13:00:30Z","digestS3Bucket":"b","digestS3Object":"k",` +
	`"digestPublicKeyFingerprint":"f","previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestSignature":null,` +
	`"logFiles":[{"s3Bucket":"b","s3Object":"l","hashValue":"00","hashAlgorithm":"SHA-256"}]}`

func TestParseNamesThePlace(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{`"awsAccountId"`, `"somethingNew":[{"a":1}],"awsAccountId"`, ""},
		{`"hashAlgorithm":"SHA-256"`, `"newestEventTime":"2025-10-21TT00:52:27Z"`, ""}, // seen in the wild
		{`"logFiles":[`, `"logFiles":[],"logFiles":[`, ""},
		{`}]}`, `}]`, "offset 353: not JSON: unexpected end of JSON input"},
		{`}]}`, `}]} x`, "offset 356: not JSON: invalid character 'x' after top-level value"},
		{whole, `[]`, "not a JSON object"},
		{whole, `null`, "not a JSON object"},
		{whole, ``, "offset 0: not JSON: unexpected end of JSON input"},
		{`"digestS3Bucket":"b"`, `"digestS3Bucket":7`, "digestS3Bucket: is a number, must be text"},
		{`"digestS3Bucket":"b"`, `"digestS3Bucket":null`, "digestS3Bucket: is null, must be text"},
		{`"digestS3Bucket"`, `"DigestS3Bucket"`, "digestS3Bucket: is missing"},
		{`"digestS3Object"`, `"x"`, "digestS3Object: is missing"},
		{`"digestPublicKeyFingerprint"`, `"x"`, "digestPublicKeyFingerprint: is missing"},
		{`"previousDigestSignature"`, `"x"`, "previousDigestSignature: is missing"},
		{`"previousDigestSignature":null`, `"previousDigestSignature":{}`, "previousDigestSignature: is an object, must be text"},
		{`"digestStartTime"`, `"x"`, "digestStartTime: is missing"},
		{`2024-03-07T13:00:30Z`, `yesterday`, `digestEndTime: "yesterday" is no time such as 2024-03-07T09:12:30Z`},
		{`"logFiles"`, `"x"`, "logFiles: is missing"},
		{`"logFiles":[{`, `"logFiles":["",{`, "logFiles: has an element that is not an object"},
		{`"logFiles":[{`, `"logFiles":[null,{`, "logFiles[0]: is null, must be an object"},
		{`"hashValue":"00"`, `"hashValue":true`, "logFiles[0].hashValue: is a truth value, must be text"},
		{`"s3Object":"l",`, ``, "logFiles[0].s3Object: is missing"},
		{`"s3Object":"l"`, "\"s3Object\":\"\xff\"", "offset 306: not UTF-8"},
	} {
		text := strings.Replace(whole, c.old, c.new, 1)
		f, err := digest.Parse([]byte(text))
		got := ""
		if err != nil {
			got = err.Error()
			var format *digest.FormatError
			if !errors.As(err, &format) {
				t.Errorf("%s: error is a %T", text, err)
			}
		} else if len(f.Logs) != 1 || f.Place != (digest.Place{Bucket: "b", Key: "k"}) || f.Previous.Named() {
			t.Errorf("%s: parsed as %+v", text, f)
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, c.want)
		}
	}
}

// Digests as others documented and used them.
func TestParseFixtures(t *testing.T) {
	dir := os.Getenv("TOCSIN_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	files, err := filepath.Glob(filepath.Join(dir, "fixtures", "digest", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no digests in %s; TOCSIN_CORPUS names the folder of the collections", dir)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := digest.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		empty := strings.Contains(string(text), `"logFiles": []`)
		if f.Account != "111122223333" || f.End.Sub(f.Start) != time.Hour || !f.Previous.Named() || len(f.Logs) == 0 != empty {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestKeys(t *testing.T) {
	org := trail
	org.OrganizationID, org.Prefix = "o-abc", ""
	for _, c := range []struct {
		trail    digest.Trail
		backfill bool
		want     string
	}{
		{trail, false, "p/AWSLogs/210987654321/CloudTrail-Digest/eu-central-1/2024/03/07/210987654321_CloudTrail-Digest_eu-central-1_audit_main_eu-west-1_20240307T120030Z.json.gz"},
		{org, true, "AWSLogs/o-abc/210987654321/CloudTrail-Digest/eu-central-1/2024/03/07/210987654321_CloudTrail-Digest_eu-central-1_audit_main_eu-west-1_20240307T120030Z_backfill.json.gz"},
	} {
		key := c.trail.Key(noon, c.backfill)
		if key != c.want {
			t.Errorf("key\n%s, want\n%s", key, c.want)
		}
		got, end, backfill, ok := digest.ParseKey(key)
		if !ok || got != c.trail || !end.Equal(noon) || backfill != c.backfill || digest.IsBackfill(key) != c.backfill {
			t.Errorf("%s: read as %+v %v %v %v", key, got, end, backfill, ok)
		}
	}
	for _, key := range []string{
		"", "x.json.gz", trail.LogFolder() + "2024/03/07/210987654321_CloudTrail_eu-central-1_20240307T1200Z_abc.json.gz",
		strings.Replace(trail.Key(noon, false), "/07/", "/08/", 1), strings.TrimSuffix(trail.Key(noon, false), ".gz"),
	} {
		if _, _, _, ok := digest.ParseKey(key); ok {
			t.Errorf("%s: taken for a digest's key", key)
		}
	}
}

// A digest lists as many log files as it lists.
func TestParseManyLogFiles(t *testing.T) {
	_, signer, keys := readVectors(t)
	for _, n := range []int{0, 1, 2, 1000} {
		var want []digest.Log
		for i := range n {
			want = append(want, digest.LogOf(digest.Place{Bucket: bucket, Key: fmt.Sprint("log", i)}, nil, noon, noon))
		}
		s, err := digest.Write(trail, signer, nil, digest.Window{Start: hour(0), End: hour(1), Bucket: bucket, Logs: want})
		if err != nil {
			t.Fatal(err)
		}
		c := digest.Verify(s.Object(), keys)
		if !c.Verdict.Valid() {
			t.Fatal(c.Verdict.Text())
		}
		if d := cmp.Diff(want, c.File.Logs); d != "" {
			t.Errorf("%d log files: %s", n, d)
		}
	}
}

// Whatever the bytes are, parsing ends, and what was parsed can be verified.
func FuzzParse(f *testing.F) {
	v, _, keys := readVectors(f)
	for _, d := range v.Digests {
		f.Add([]byte(d.Text))
	}
	f.Add([]byte(whole))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := digest.Parse(text)
		if (file == nil) == (err == nil) {
			t.Fatalf("%v, %v", file, err)
		}
		if file == nil {
			return
		}
		if file.Previous.Named() && (file.Previous.Place.Bucket == "" || file.Previous.Place.Key == "") {
			t.Errorf("it names %+v", file.Previous)
		}
		meta := map[string]string{digest.MetaSignature: "00", digest.MetaAlgorithm: digest.SignatureAlgorithm}
		c := digest.Verify(digest.Object{Place: file.Place, Text: text, Metadata: meta}, keys)
		if c.Verdict.Valid() {
			t.Errorf("a signature of one byte is taken for valid")
		}
	})
}
