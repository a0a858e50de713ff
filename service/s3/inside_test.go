package s3

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"hash"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/core/policy"
)

// The checksum of a whole, out of those of its parts, is what one pass gives.
func TestChecksumsArePutTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 1, 6).Draw(t, "parts")
		for _, a := range []string{"CRC32", "CRC32C", "CRC64NVME"} {
			var sums []string
			var sizes []int64
			whole := newHash(a)
			for _, p := range parts {
				sums, sizes = append(sums, sumOf(newHash(a), p)), append(sizes, int64(len(p)))
				whole.Write(p)
			}
			if got, ok := combine(a, fullObject, sums, sizes); !ok || got != encoded(whole) {
				t.Fatalf("%s: %s, %v, want %s", a, got, ok, encoded(whole))
			}
		}
	})
	if _, ok := combine("SHA256", fullObject, []string{sumOf(newHash("SHA256"), nil)}, []int64{0}); ok {
		t.Error("hashes cannot be put together")
	}
}

func sumOf(h hash.Hash, b []byte) string {
	h.Write(b)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Check values of the algorithms' publishers, for "123456789".
func TestChecksums(t *testing.T) {
	for a, want := range map[string]string{"CRC32": "y/Q5Jg==", "CRC32C": "4waSgw==", "CRC64NVME": "rosUhgoBJjQ="} {
		got, err := base64.StdEncoding.DecodeString(sumOf(newHash(a), []byte("123456789")))
		if err != nil || base64.StdEncoding.EncodeToString(got) != want && a != "CRC64NVME" {
			t.Errorf("%s: %x", a, got)
		}
		if a == "CRC64NVME" && !bytes.Equal(got, []byte{0xae, 0x8b, 0x14, 0x86, 0x0a, 0x79, 0x98, 0x88}) {
			t.Errorf("%s: %x", a, got)
		}
	}
}

func TestReadRange(t *testing.T) {
	for text, want := range map[string][3]int64{
		"bytes=0-9": {0, 10, 1}, "bytes=0-": {0, 10, 1}, "bytes=9-9": {9, 1, 1}, "bytes=-1": {9, 1, 1}, "bytes=-99": {0, 10, 1}, "bytes=3-99": {3, 7, 1},
		"bytes=10-": {0, 0, 0}, "bytes=-0": {0, 0, 0}, "bytes=5-4": {0, -1, 1}, "bytes=a-b": {0, -1, 1}, "lines=1-2": {0, -1, 1}, "bytes=1": {0, -1, 1}, "bytes=--1": {0, -1, 1},
	} {
		from, size, ok := readRange(text, 10)
		if got := [3]int64{from, size, map[bool]int64{true: 1}[ok]}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if _, _, ok := readRange("bytes=0-", 0); ok {
		t.Error("an empty object has no range")
	}
}

func FuzzReadRange(f *testing.F) {
	f.Add("bytes=1-2", int64(10))
	f.Add("bytes=-9223372036854775808", int64(1))
	f.Fuzz(func(t *testing.T, text string, length int64) {
		if length < 0 {
			return
		}
		from, size, ok := readRange(text, length)
		if ok && size >= 0 && (from < 0 || size < 1 || from+size > length) {
			t.Errorf("%q of %d: %d bytes from %d", text, length, size, from)
		}
	})
}

// FuzzDocument reads documents, and prints what they came to: printing and reading
// again gives the same.
func FuzzDocument(f *testing.F) {
	f.Add(`<?xml version="1.0"?><a xmlns="x"><b>1 &lt; 2</b><c xmlns:xsi="` + xsi + `" xsi:type="Group"/></a>`)
	f.Add(newAccessBlock)
	f.Add("<a>\r\n<b>\r\n</b> &#13; &#9;</a>")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := readXML(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := readXML(strings.NewReader(n.String()))
		if err != nil {
			t.Fatalf("%q came to %q: %v", text, n.String(), err)
		}
		if diff := cmp.Diff(n, again, cmp.AllowUnexported(node{})); diff != "" {
			t.Fatalf("%q came to %q: %s", text, n.String(), diff)
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add(token{Key: "a\xff", Seq: 7}.String(), "a\xff", int64(7))
	f.Fuzz(func(t *testing.T, text, key string, seq int64) {
		if got, err := readToken(text); err == nil && got.Seq < 0 {
			t.Error(got)
		}
		if seq < 0 {
			return
		}
		want := token{Key: key, Seq: seq}
		if got, err := readToken(want.String()); err != nil || got != want {
			t.Errorf("%+v: %+v, %v", want, got, err)
		}
	})
}

// What is public, by the words of the S3 User Guide.
func TestPublicPolicies(t *testing.T) {
	for statement, want := range map[string]bool{
		`"Principal":"*"`:                                                                                  true,
		`"Principal":{"AWS":"*"}`:                                                                          true,
		`"Principal":{"AWS":"123456789012"}`:                                                               false,
		`"Principal":{"Service":"cloudtrail.amazonaws.com"}`:                                               false,
		`"Principal":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}`:                           false,
		`"Principal":"*","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}`:                             true,
		`"Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`:                        false,
		`"Principal":"*","Condition":{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}`:                true,
		`"Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}`:                     true,
		`"Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`:                        false,
		`"Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`:                           true,
		`"Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.1","0.0.0.0/1"]}}`:             true,
		`"Principal":"*","Condition":{"StringLike":{"aws:userid":"AROAEXAMPLE:*"}}`:                        false,
		`"Principal":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:123456789012:*"}}`: false,
		`"Principal":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:*:topic"}}`:        true,
		`"Principal":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}`:                              true,
	} {
		p, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*",`+statement+`}]}`, policy.Bucket)
		if err != nil {
			t.Fatal(err)
		}
		if got := isPublic(p); got != want {
			t.Errorf("%s: public is %v", statement, got)
		}
	}
}

func TestStar(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{{"*", "", true}, {"a*c", "abc", true}, {"a*a", "a", false}, {"a", "a", true}, {"a", "ab", false}, {"http://*.x", "http://y.x", true}} {
		if got := star(c.pattern, c.text); got != c.want {
			t.Errorf("%s %s: %v", c.pattern, c.text, got)
		}
	}
}

// Whoever sends a byte now and then is cut off; whoever sends much is not.
func TestPace(t *testing.T) {
	start := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for bytes, want := range map[int64]time.Duration{0: graceOfBody, 1000: graceOfBody, leastPace: graceOfBody + time.Second, 5 << 30: graceOfBody + 327680*time.Second} {
		p := pace{start: start, bytes: bytes}
		if got := p.deadline().Sub(start); got != want {
			t.Errorf("%d bytes: %s, want %s", bytes, got, want)
		}
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	for name, text := range map[string]string{
		"deep": strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1), "many": "<a>" + strings.Repeat("<b/>", maxNodes) + "</a>",
		"two roots": "<a/><a/>", "text beside elements": "<a>x<b/></a>", "entity": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "unknown entity": "<a>&b;</a>", "open": "<a>", "nothing": "",
	} {
		if n, err := readXML(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %s", name, n)
		}
	}
	parts := strings.Repeat("<Part><PartNumber>1</PartNumber><ETag>x</ETag><ChecksumSHA256>x</ChecksumSHA256></Part>", maxParts)
	if n, err := readXML(strings.NewReader("<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>")); err != nil || !completeForm.check(n) {
		t.Error("the largest upload is refused", err)
	}
}

// The version of TLS is a number, as conditions compare it.
func TestTLSVersionIsAKey(t *testing.T) {
	for version, want := range map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"} {
		r := &http.Request{URL: &url.URL{}, Header: http.Header{}, TLS: &tls.ConnectionState{Version: version}}
		if got := (&Service{}).conditions(&call{r: r})["s3:TlsVersion"]; len(got) != 1 || got[0] != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
