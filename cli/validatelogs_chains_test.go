package cli_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/core/digest"
)

// A world is an account with CloudTrail in it: buckets, public keys, trails.
// Each scenario makes one, writes chains into it with the digest writer, and
// then damages what it is about.
type world struct {
	t        *testing.T
	bucket   string
	trail    digest.Trail
	signer   digest.Signer
	objects  map[digest.Place]object
	faults   map[digest.Place]fault // of the server, not of the objects
	keys     []digest.PublicKey
	org      bool     // the trail is an organization's
	unlisted bool     // the trail is not known to DescribeTrails
	args     []string // beyond trail, start and end
	byARN    bool     // the bucket is not named
	from, to time.Time
	arn      string
}

type object struct {
	body []byte
	meta map[string]string
}

const account = "210987654321"

// zero is when the first window of every scenario begins.
var zero = time.Date(2024, 3, 7, 21, 0, 30, 0, time.UTC)

func at(hours float64) time.Time { return zero.Add(time.Duration(hours * float64(time.Hour))) }

// testSigner signs with the key of core/digest's vectors.
var testSigner = sync.OnceValue(func() digest.Signer {
	text, err := os.ReadFile("../core/digest/testdata/cloudtrail_digest_chain.json")
	if err != nil {
		panic(err)
	}
	var v struct{ PrivateKeyPem string }
	if err := json.Unmarshal(text, &v); err != nil {
		panic(err)
	}
	block, _ := pem.Decode([]byte(v.PrivateKeyPem))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	return digest.NewSigner(key)
})

// nextSigner signs with the key after that.
var nextSigner = sync.OnceValue(func() digest.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return digest.NewSigner(key)
})

func newWorld(t *testing.T, bucket string) *world {
	w := &world{
		t: t, bucket: bucket, signer: testSigner(), objects: map[digest.Place]object{}, faults: map[digest.Place]fault{},
		trail: digest.Trail{Prefix: "trail", Account: account, Region: "eu-west-1", Name: "main", Home: "eu-west-1"},
		from:  at(0), to: at(6), arn: "arn:aws:cloudtrail:eu-west-1:" + account + ":trail/main",
	}
	w.key(w.signer, at(-1000), at(1000))
	return w
}

func (w *world) key(s digest.Signer, from, to time.Time) {
	k := s.PublicKey()
	k.ValidFrom, k.ValidTo = from, to
	w.keys = append(w.keys, k)
}

// put stores a digest.
func (w *world) put(s digest.Signed) {
	w.objects[s.Place] = object{digest.Compress(s.Text), s.Metadata}
}

// log stores a log file of the hour.
func (w *world) log(hour float64, unique string) digest.Log {
	stamp := at(hour)
	key := w.trail.LogFolder() + stamp.Format("2006/01/02/") + w.trail.Account + "_CloudTrail_" + w.trail.Region + "_" + stamp.Format("20060102T1504Z") + "_" + unique + ".json.gz"
	content := fmt.Sprintf(`{"Records":[{"eventTime":%q,"eventID":%q}]}`, stamp.Format(time.RFC3339), unique)
	place := digest.Place{Bucket: w.bucket, Key: key}
	w.objects[place] = object{digest.Compress([]byte(content)), nil}
	return digest.LogOf(place, []byte(content), stamp, stamp)
}

// window writes one digest with two log files.
func (w *world) window(last *digest.Link, hour int, generated time.Time) digest.Signed {
	kind := "n"
	if !generated.IsZero() {
		kind = "b"
	}
	logs := []digest.Log{w.log(float64(hour)+0.6, fmt.Sprintf("%sB%d", kind, hour)), w.log(float64(hour)+0.2, fmt.Sprintf("%sA%d", kind, hour))}
	s, err := digest.Write(w.trail, w.signer, last, digest.Window{Start: at(float64(hour)), End: at(float64(hour + 1)), Bucket: w.bucket, Logs: logs, Generated: generated})
	if err != nil {
		w.t.Fatal(err)
	}
	w.put(s)
	return s
}

// chain writes hourly digests that begin a chain.
func (w *world) chain(from, n int) []digest.Signed { return w.chainAfter(nil, from, n) }

func (w *world) chainAfter(last *digest.Link, from, n int) (all []digest.Signed) {
	for i := from; i < from+n; i++ {
		s := w.window(last, i, time.Time{})
		all, last = append(all, s), &s.Link
	}
	return all
}

// backfill writes a chain of backfill digests, made ten hours later.
func (w *world) backfill(from, n int) (all []digest.Signed) {
	var last *digest.Link
	for i := from; i < from+n; i++ {
		s := w.window(last, i, at(float64(i+10)))
		all, last = append(all, s), &s.Link
	}
	return all
}

func (w *world) delete(all ...digest.Signed) {
	for _, s := range all {
		delete(w.objects, s.Place)
	}
}

// logs are the log files that a digest lists.
func logs(s digest.Signed) []digest.Log {
	f, err := digest.Parse(s.Text)
	if err != nil {
		panic(err)
	}
	return f.Logs
}

// body changes the stored bytes of an object.
func (w *world) body(p digest.Place, change func([]byte) []byte) {
	o := w.objects[p]
	o.body = change(bytes.Clone(o.body))
	w.objects[p] = o
}

// text changes the content of a stored digest and keeps its metadata.
func (w *world) text(s digest.Signed, old, new string) {
	if !strings.Contains(string(s.Text), old) {
		w.t.Fatalf("%q is not in the digest", old)
	}
	w.body(s.Place, func([]byte) []byte { return digest.Compress([]byte(strings.Replace(string(s.Text), old, new, 1))) })
}

// meta changes an object's metadata; empty takes the name away.
func (w *world) meta(s digest.Signed, name, value string) {
	o := w.objects[s.Place]
	o.meta = maps.Clone(o.meta)
	if o.meta[name] = value; value == "" {
		delete(o.meta, name)
	}
	w.objects[s.Place] = o
}

// asSPKI gives a key in the form that ListPublicKeys does not use.
func asSPKI(s digest.Signer) digest.PublicKey {
	key, err := x509.ParsePKCS1PublicKey(s.PublicKey().Value)
	if err != nil {
		panic(err)
	}
	value, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err)
	}
	return digest.PublicKey{Fingerprint: digest.Fingerprint(value), Value: value, ValidFrom: at(-1000), ValidTo: at(1000)}
}

// publicKeys is the answer of ListPublicKeys.
func (w *world) publicKeys(from, to time.Time) map[string]any {
	list := []any{}
	for _, k := range w.keys {
		if k.ValidFrom.After(to) || k.ValidTo.Before(from) {
			continue
		}
		list = append(list, map[string]any{
			"Value": base64.StdEncoding.EncodeToString(k.Value), "Fingerprint": k.Fingerprint,
			"ValidityStartTime": k.ValidFrom.Unix(), "ValidityEndTime": k.ValidTo.Unix(),
		})
	}
	return map[string]any{"PublicKeyList": list}
}

// A scenario is a world and what tocsin has to say about it.
type scenario struct {
	name  string
	build func(*world)
	// want is the report in short: valid of all files, proven and not proven
	// hours, and the findings by kind, hour and reason; then the exit code.
	want string
	code int
	// newer: only newer versions of the AWS CLI than some have the check.
	newer bool
	// fails: there is no report but this error of ours.
	fails string
	// theirs and theirCode are the AWS CLI's where it differs (see differing).
	theirs    string
	theirCode int
}

func mid(all []digest.Signed) digest.Signed { return all[len(all)/2] }

// scenarios are chains of all kinds. In most there are six windows, from hour 0
// to hour 6, with two log files in each.
var scenarios = []scenario{
	{name: "valid", build: func(w *world) { w.chain(0, 6) }, want: "d6/6 l12/12 [0 6]"},
	{name: "valid, told at length", build: func(w *world) { w.chain(0, 6); w.args = []string{"--verbose"} }, want: "d6/6 l12/12 [0 6]"},
	{name: "a starting digest alone", build: func(w *world) { w.chain(0, 1) }, want: "d1/1 l2/2 [0 1] ended(1 6)"},
	{name: "empty digests", build: func(w *world) {
		var last *digest.Link
		for i := range 6 {
			s, err := digest.Write(w.trail, w.signer, last, digest.Window{Start: at(float64(i)), End: at(float64(i + 1)), Bucket: w.bucket})
			if err != nil {
				w.t.Fatal(err)
			}
			w.put(s)
			last = &s.Link
		}
		w.args = []string{"--verbose"}
	}, want: "d6/6 l0/0 [0 6]"},
	{name: "no digests in range", build: func(w *world) { w.chain(0, 6); w.from, w.to = at(50), at(51) }, fails: "no digest files", code: 1},
	{name: "an empty bucket", build: func(*world) {}, fails: "no digest files", code: 1},
	{name: "no prefix", build: func(w *world) { w.trail.Prefix = ""; w.chain(0, 6) }, want: "d6/6 l12/12 [0 6]"},
	{name: "a prefix of several folders", build: func(w *world) { w.trail.Prefix = "a/b c/d+e"; w.chain(0, 6) }, want: "d6/6 l12/12 [0 6]"},
	{name: "from within a window to within another", build: func(w *world) { w.chain(0, 6); w.from, w.to = at(1.5), at(3.5) }, want: "d3/3 l6/6 [1.5 3.5]"},
	{name: "from where a window begins", build: func(w *world) { w.chain(0, 6); w.from = at(2) }, want: "d5/5 l10/10 [2 6]"},
	{name: "the part of a chain that has no older digests left", build: func(w *world) { w.delete(w.chain(0, 6)[:2]...); w.from = at(2) }, want: "d4/4 l8/8 [2 6]"},
	{name: "the digests of another Region are gone", build: func(w *world) {
		w.chain(0, 6)
		w.lone("us-east-1", account, 6)
	}, want: "d6/6 l12/12 [0 6] +2; unnamed 0.5; unnamed 1.5; unnamed 2.5; unnamed 3.5", code: 3},
	{name: "the digests of another Region are gone for a time", build: func(w *world) {
		w.chain(0, 6)
		home := w.trail.Region
		w.trail.Region = "us-east-1"
		w.chain(-3, 2)
		w.lone("us-east-1", account, 6)
		w.trail.Region = home
	}, want: "d6/6 l12/12 [0 6] l0/0 ended(0 6) +6"},
	{name: "more asked than there is", build: func(w *world) { w.chain(0, 6); w.from, w.to = at(-5), at(9) }, want: "d6/6 l12/12 began(-5 0) [0 6] ended(6 9)"},

	{name: "a digest is missing", build: func(w *world) { w.delete(mid(w.chain(0, 6))) }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 not_found", code: 3},
	{name: "two missing in a row", build: func(w *world) { w.delete(w.chain(0, 6)[2:4]...) }, want: "d4/6 l8/8 [0 2] broken(2 4) [4 6] +4; digest 3? not_found; digest 4 not_found", code: 3},
	{name: "three missing in a row", build: func(w *world) { w.delete(w.chain(0, 6)[2:5]...) }, want: "d3/6 l6/6 [0 2] broken(2 5) [5 6] +6; digest 3? not_found; digest 4? not_found; digest 5 not_found", code: 3},
	{name: "two missing, apart", build: func(w *world) { c := w.chain(0, 6); w.delete(c[1], c[3]) }, want: "d4/6 l8/8 [0 1] broken(1 2) [2 3] broken(3 4) [4 6] +4; digest 2 not_found; digest 4 not_found", code: 3},
	{name: "the oldest is missing", build: func(w *world) { w.delete(w.chain(0, 6)[0]) }, want: "d5/6 l10/10 broken(0 1) [1 6] +2; digest 1 not_found", code: 3},
	{name: "all but the newest are missing", build: func(w *world) { w.delete(w.chain(0, 6)[:5]...) }, want: "d1/6 l2/2 broken(0 5) [5 6] +10; digest 1? not_found; digest 2? not_found; digest 3? not_found; digest 4? not_found; digest 5 not_found", code: 3},
	{name: "the newest is missing", build: func(w *world) { w.delete(w.chain(0, 6)[5]) }, want: "d5/5 l10/10 [0 5] ended(5 6) +2"},

	{name: "a digest was changed", build: func(w *world) { w.text(mid(w.chain(0, 6)), account, "999999999999") }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_signature", code: 3},
	{name: "a log file was taken off a digest", build: func(w *world) {
		s := mid(w.chain(0, 6))
		w.text(s, `"logFiles":[{`, `"logFiles":[],"was":[{`)
	}, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_signature", code: 3},
	{name: "two digests were changed", build: func(w *world) { c := w.chain(0, 6); w.text(c[2], account, "9"); w.text(c[3], account, "9") }, want: "d4/6 l8/8 [0 2] broken(2 4) [4 6] +4; digest 3 bad_signature; digest 4 bad_signature", code: 3},
	{name: "all digests were changed", build: func(w *world) {
		for _, s := range w.chain(0, 2) {
			w.text(s, account, "9")
		}
		w.to = at(2)
	}, want: "d0/2 l0/0 broken(0 2) +4; digest 1 bad_signature; digest 2 bad_signature", code: 3},
	{name: "a digest is no JSON", build: func(w *world) { w.text(mid(w.chain(0, 6)), "{", "") }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_format", code: 3},
	{name: "a digest is no gzip", build: func(w *world) { s := mid(w.chain(0, 6)); w.body(s.Place, func([]byte) []byte { return s.Text }) }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_format", code: 3},
	{name: "a digest was cut", build: func(w *world) {
		w.body(mid(w.chain(0, 6)).Place, func(b []byte) []byte { return b[:len(b)-20] })
	}, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_format", code: 3},
	{name: "bytes behind a digest", build: func(w *world) {
		w.body(mid(w.chain(0, 6)).Place, func(b []byte) []byte { return append(b, "more"...) })
	}, want: "d6/6 l12/12 [0 6]"},
	{name: "a member is missing in a digest", build: func(w *world) { w.text(mid(w.chain(0, 6)), `"previousDigestSignature"`, `"x"`) }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_format", code: 3},
	{name: "a digest has no metadata", build: func(w *world) {
		s := mid(w.chain(0, 6))
		w.meta(s, digest.MetaSignature, "")
		w.meta(s, digest.MetaAlgorithm, "")
	}, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 no_signature", code: 3},
	{name: "a digest has no signature algorithm", build: func(w *world) { w.meta(mid(w.chain(0, 6)), digest.MetaAlgorithm, "") }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 no_signature", code: 3},
	{name: "a signature is another's", build: func(w *world) {
		c := w.chain(0, 6)
		w.meta(c[3], digest.MetaSignature, c[2].Metadata[digest.MetaSignature])
	}, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_signature", code: 3},
	{name: "a signature is short", build: func(w *world) { w.meta(mid(w.chain(0, 6)), digest.MetaSignature, "abcd") }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_signature", code: 3},
	{name: "a signature has an odd number of digits", build: func(w *world) { w.meta(mid(w.chain(0, 6)), digest.MetaSignature, "abc") }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 odd_signature", code: 3},
	{name: "a signature is not hex", build: func(w *world) { w.meta(mid(w.chain(0, 6)), digest.MetaSignature, "zz") }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 not_hex", code: 3},
	{name: "a digest was copied over another", build: func(w *world) { c := w.chain(0, 6); w.objects[c[3].Place] = w.objects[c[1].Place] }, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 moved", code: 3},
	{name: "a whole chain was copied into another bucket", build: func(w *world) {
		w.chain(0, 2)
		for p, o := range w.objects {
			delete(w.objects, p)
			w.objects[digest.Place{Bucket: w.bucket + "-copy", Key: p.Key}] = o
		}
		w.bucket += "-copy"
		w.to = at(2)
	}, want: "d0/2 l0/0 broken(0 2) +4; digest 1 moved; digest 2 moved", code: 3},
	{name: "a digest was replaced by another signed one", build: func(w *world) {
		c := w.chain(0, 6)
		w.window(&c[0].Link, 2, time.Time{}) // the same name, but it names another before it
	}, want: "d5/6 l12/12 [0 2] broken(2 3) [3 6]; digest 3 replaced", code: 3},

	{name: "keys change along the chain", build: func(w *world) {
		c := w.chain(0, 3)
		w.signer = nextSigner()
		w.key(w.signer, at(2), at(1000))
		w.chainAfter(&c[2].Link, 3, 3)
	}, want: "d6/6 l12/12 [0 6]"},
	{name: "a key is unknown", build: func(w *world) {
		c := w.chain(0, 3)
		w.signer = nextSigner()
		w.chainAfter(&c[2].Link, 3, 3)
	}, want: "d3/6 l6/6 [0 3] broken(3 6) +6; digest 4 unknown_key; digest 5 unknown_key; digest 6 unknown_key", code: 3},
	{name: "a key is known only later", build: func(w *world) {
		c := w.chain(0, 3)
		w.signer = nextSigner()
		w.key(w.signer, at(100), at(1000))
		w.chainAfter(&c[2].Link, 3, 3)
	}, want: "d3/6 l6/6 [0 3] broken(3 6) +6; digest 4 unknown_key; digest 5 unknown_key; digest 6 unknown_key", code: 3},
	{name: "there are no keys", build: func(w *world) { w.chain(0, 6); w.keys = nil }, fails: "no public keys", code: 1},
	{name: "a key is no PKCS #1 key", build: func(w *world) {
		s := mid(w.chain(0, 6))
		spki := asSPKI(w.signer)
		w.keys = append(w.keys, spki)
		w.text(s, w.signer.PublicKey().Fingerprint, spki.Fingerprint)
	}, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 bad_key", code: 3},

	{name: "a log file is missing", build: func(w *world) { delete(w.objects, logs(mid(w.chain(0, 6)))[0].Place) }, want: "d6/6 l11/12 [0 6]; log 3.6 not_found", code: 3},
	{name: "all log files of a digest are missing, told at length", build: func(w *world) {
		for _, l := range logs(mid(w.chain(0, 6))) {
			delete(w.objects, l.Place)
		}
		w.args = []string{"--verbose"}
	}, want: "d6/6 l10/12 [0 6]; log 3.2 not_found; log 3.6 not_found", code: 3},
	{name: "a log file was changed", build: func(w *world) {
		w.body(logs(mid(w.chain(0, 6)))[1].Place, func([]byte) []byte { return digest.Compress([]byte(`{"Records":[]}`)) })
	}, want: "d6/6 l11/12 [0 6]; log 3.2 wrong_hash", code: 3},
	{name: "a log file is no gzip", build: func(w *world) {
		w.body(logs(mid(w.chain(0, 6)))[1].Place, func([]byte) []byte { return []byte(`{"Records":[]}`) })
	}, want: "d6/6 l11/12 [0 6]; log 3.2 bad_format", code: 3},
	{name: "a log file was cut", build: func(w *world) {
		w.body(logs(mid(w.chain(0, 6)))[1].Place, func(b []byte) []byte { return b[:len(b)/2] })
	}, want: "d6/6 l11/12 [0 6]; log 3.2 wrong_hash", code: 3},
	{name: "a log file is empty", build: func(w *world) {
		w.body(logs(mid(w.chain(0, 6)))[1].Place, func([]byte) []byte { return nil })
	}, want: "d6/6 l11/12 [0 6]; log 3.2 wrong_hash", code: 3},
	{name: "a log file has a wrong checksum", build: func(w *world) {
		w.body(logs(mid(w.chain(0, 6)))[1].Place, func(b []byte) []byte { b[len(b)-5] ^= 1; return b })
	}, want: "d6/6 l11/12 [0 6]; log 3.2 bad_format", code: 3},
	{name: "a log file's last bytes are gone, its content is whole", build: func(w *world) {
		w.body(logs(mid(w.chain(0, 6)))[1].Place, func(b []byte) []byte { return b[:len(b)-3] })
	}, want: "d6/6 l12/12 [0 6]"},
	{name: "bytes behind a log file", newer: true, build: func(w *world) {
		w.body(logs(mid(w.chain(0, 6)))[1].Place, func(b []byte) []byte { return append(b, "more"...) })
	}, want: "d6/6 l11/12 [0 6]; log 3.2 trailing_bytes", code: 3},
	{name: "a log file that no digest lists", build: func(w *world) { w.chain(0, 6); w.log(2.5, "planted") }, want: "d6/6 l12/12 [0 6]; unnamed 2.5", code: 3},
	{name: "a log file that is not listed yet", build: func(w *world) { w.chain(0, 6); w.log(5.9, "fresh") }, want: "d6/6 l12/12 [0 6] +1"},

	{name: "restarted", build: func(w *world) { w.chain(0, 3); w.chain(5, 3); w.to = at(8) }, want: "d6/6 l12/12 [0 3] restarted(3 5) [5 8]"},
	{name: "restarted twice, told at length", build: func(w *world) {
		w.chain(0, 2)
		w.chain(3, 2)
		w.chain(7, 2)
		w.to, w.args = at(9), []string{"--verbose"}
	}, want: "d6/6 l12/12 [0 2] restarted(2 3) [3 5] restarted(5 7) [7 9]"},
	{name: "restarted, and the end before it is missing", build: func(w *world) { w.delete(w.chain(0, 3)[2]); w.chain(5, 3); w.to = at(8) }, want: "d5/5 l10/10 [0 2] restarted(2 5) [5 8] +2"},
	{name: "restarted, and the beginning after it is missing", build: func(w *world) { w.chain(0, 3); w.delete(w.chain(5, 3)[0]); w.to = at(8) }, want: "d5/8 l10/10 [0 3] broken(3 6) [6 8] +2; digest 4? not_found; digest 5? not_found; digest 6 not_found", code: 3},
	{name: "restarted, and the end before it was changed", build: func(w *world) { w.text(w.chain(0, 3)[2], account, "9"); w.chain(5, 3); w.to = at(8) }, want: "d5/6 l10/10 [0 2] broken(2 5) [5 8] +2; digest 3 bad_signature", code: 3},
	{name: "log files of the time without digests", build: func(w *world) { w.chain(0, 3); w.log(4.2, "dark"); w.chain(5, 3); w.to = at(8) }, want: "d6/6 l12/12 [0 3] restarted(3 5) [5 8] +1"},

	{name: "backfill digests", build: func(w *world) { w.chain(0, 6); w.backfill(1, 3) }, want: "d6/6 b3/3 l18/18 [0 6]"},
	{name: "backfill digests alone, told at length", build: func(w *world) { w.backfill(1, 3); w.args = []string{"--verbose"} }, want: "b3/3 l6/6 ended(0 6)"},
	{name: "a backfill digest is missing", build: func(w *world) { w.chain(0, 6); w.delete(w.backfill(1, 3)[1]) }, want: "d6/6 b2/3 l16/16 [0 6]; backfill 3 not_found; unnamed 2.2; unnamed 2.6", code: 3},
	{name: "a backfill digest was changed", build: func(w *world) { w.chain(0, 6); w.text(w.backfill(1, 3)[1], account, "9") }, want: "d6/6 b2/3 l16/16 [0 6]; backfill 3 bad_signature; unnamed 2.2; unnamed 2.6", code: 3},
	{name: "a backfill digest does not say when it was made", build: func(w *world) { w.chain(0, 6); w.meta(w.backfill(1, 3)[1], digest.MetaGenerated, "") }, want: "d6/6 b2/3 l16/16 [0 6]; backfill 3 bad_format; unnamed 2.2; unnamed 2.6", code: 3},
	{name: "backfill digests with a gap", build: func(w *world) { w.chain(0, 6); w.backfill(1, 1); w.backfill(4, 1) }, want: "d6/6 b2/2 l16/16 [0 6]"},
	{name: "a backfill digest's log file was changed", build: func(w *world) {
		w.chain(0, 6)
		w.body(logs(w.backfill(1, 3)[1])[0].Place, func([]byte) []byte { return digest.Compress(nil) })
	}, want: "d6/6 b3/3 l17/18 [0 6]; log 2.6 wrong_hash", code: 3},
	{name: "the key of a backfill digest is of the time of its making", build: func(w *world) {
		w.chain(0, 6)
		w.signer = nextSigner()
		w.key(w.signer, at(10.5), at(1000))
		w.backfill(1, 3)
	}, want: "d6/6 b3/3 l18/18 [0 6]"},
	{name: "there is no key for the time of a backfill digest's making", build: func(w *world) {
		w.chain(0, 6)
		w.keys[0].ValidTo = at(9)
		w.backfill(1, 1)
	}, want: "d6/6 b0/1 l12/12 [0 6]; backfill 2 unknown_key; unnamed 1.2; unnamed 1.6", code: 3},
	{name: "another key than that of the time of a backfill digest's making", build: func(w *world) {
		w.chain(0, 6)
		w.signer = nextSigner()
		w.key(w.signer, at(100), at(1000))
		w.backfill(1, 1)
	}, want: "d6/6 b0/1 l12/12 [0 6]; backfill 2 unknown_key; unnamed 1.2; unnamed 1.6", code: 3},

	{name: "the trail's bucket is asked for", build: func(w *world) { w.chain(0, 6); w.byARN = true }, want: "d6/6 l12/12 [0 6]"},
	{name: "there is no such trail", build: func(w *world) { w.chain(0, 6); w.byARN, w.unlisted = true, true }, fails: "no such trail", code: 1},
	{name: "an organization's trail", build: func(w *world) {
		w.trail.OrganizationID, w.trail.Account, w.org, w.byARN = "o-abcde12345", "333333333333", true, true
		w.chain(0, 6)
		w.args = []string{"--account-id", "333333333333"}
	}, want: "d6/6 l12/12 [0 6]"},
	{name: "another Region of the trail", build: func(w *world) {
		w.trail.Region = "us-east-1"
		w.delete(mid(w.chain(0, 6)))
		w.args = []string{"--region", "us-east-1", "--verbose"}
	}, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 not_found", code: 3},
	{name: "another trail's digests beside", build: func(w *world) {
		w.chain(0, 6)
		w.trail.Name = "other"
		w.delete(mid(w.chain(0, 6)))
		w.trail.Name = "main"
	}, want: "d6/6 l12/12 [0 6]"},
	{name: "the trail's bucket was changed", build: func(w *world) {
		now := w.bucket
		w.bucket = now + "-old"
		c := w.chain(0, 3)
		w.bucket = now
		w.chainAfter(&c[2].Link, 3, 3)
	}, want: "d6/6 l12/12 [0 6]"},
	{name: "the trail's bucket was changed, and the older chain was damaged", build: func(w *world) {
		now := w.bucket
		w.bucket = now + "-old"
		c := w.chain(0, 4)
		w.delete(c[2])
		w.bucket = now
		w.chainAfter(&c[3].Link, 4, 2)
	}, want: "d5/6 l10/10 [0 2] broken(2 3) [3 6]; digest 3 not_found", code: 3},
}

func (s scenario) slug() string {
	for name, list := range map[string][]scenario{"chain": scenarios, "apart": differing, "fault": faulty} {
		if i := slices.IndexFunc(list, func(other scenario) bool { return other.name == s.name }); i >= 0 {
			return fmt.Sprintf("%s-%02d", name, i)
		}
	}
	panic(s.name + " is in no list")
}
