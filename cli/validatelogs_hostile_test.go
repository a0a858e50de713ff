package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"tocsin/core/digest"
)

// sign stores a digest of the hour that lists the given log files.
func (w *world) sign(hour int, last *digest.Link, logs ...digest.Log) digest.Signed {
	s, err := digest.Write(w.trail, w.signer, last, digest.Window{Start: at(float64(hour)), End: at(float64(hour + 1)), Bucket: w.bucket, Logs: logs})
	if err != nil {
		w.t.Fatal(err)
	}
	w.put(s)
	return s
}

// Digests that are signed, and yet lead where none should.
func TestValidateLogsGoesNowhereElse(t *testing.T) {
	outside := []byte("not of the mirror")
	for name, c := range map[string]struct {
		build func(w *world)
		// after changes the mirror itself.
		after func(t *testing.T, w *world, dir string)
		want  string
		code  int
	}{
		"out of the directory": {
			build: func(w *world) {
				var all []digest.Log
				for i, key := range []string{"../secret", "../../../../../../../../../secret", "/etc/passwd", "trail/AWSLogs/../../../secret", "x/AWSLogs/../../secret", "", "."} {
					l := digest.LogOf(digest.Place{Bucket: []string{"..", "bucket"}[i%2], Key: key}, outside, at(0), at(0))
					all = append(all, l)
				}
				w.sign(0, nil, all...)
			},
			after: func(t *testing.T, _ *world, dir string) {
				if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), digest.Compress(outside), 0o644); err != nil {
					t.Fatal(err)
				}
			},
			want: "6 not_found, 1 unreadable", code: 3,
		},
		"out of the directory by a link": {
			build: func(w *world) {
				l := w.log(0.5, "link")
				delete(w.objects, l.Place)
				w.sign(0, nil, l)
			},
			after: func(t *testing.T, w *world, dir string) {
				secret := filepath.Join(filepath.Dir(dir), "secret")
				link := filepath.Join(dir, w.log(0.5, "link").Place.Key)
				if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
					t.Fatal(err)
				}
				content := fmt.Sprintf(`{"Records":[{"eventTime":%q,"eventID":%q}]}`, at(0.5).Format(time.RFC3339), "link")
				if err := os.WriteFile(secret, digest.Compress([]byte(content)), 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(secret, link); err != nil {
					t.Fatal(err)
				}
			},
			want: "1 unreadable", code: 1,
		},
		"to itself": {
			build: func(w *world) {
				last := w.sign(0, nil).Link
				last.Previous.Place.Key = w.trail.Key(at(2), false)
				w.sign(1, &last)
			},
			want: "1 replaced", code: 3,
		},
		"in a circle": {
			build: func(w *world) {
				first := w.sign(0, nil).Link
				there, back := first, first
				there.Previous.Place.Key, back.Previous.Place.Key = w.trail.Key(at(3), false), w.trail.Key(at(2), false)
				w.sign(1, &there)
				w.sign(2, &back)
			},
			want: "2 replaced", code: 3, // neither can name the other's signature
		},
		"to a folder": {
			build: func(w *world) {
				w.sign(0, nil, digest.LogOf(digest.Place{Bucket: w.bucket, Key: strings.TrimSuffix(w.trail.LogFolder(), "/")}, nil, at(0), at(0)))
				w.log(0.5, "x")
			},
			want: "1 unreadable", code: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, dir, args := mirrored(t, "", c.build)
			if c.after != nil {
				c.after(t, w, dir)
			}
			code, out, errs := run(t.Context(), append(args, "--no-unnamed")...)
			if code != c.code || errs != "" {
				t.Errorf("exit code %d, want %d: %s%s", code, c.code, out, errs)
			}
			var r struct {
				Chains []struct{ Findings []struct{ Reason string } }
			}
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatal(err)
			}
			count := map[string]int{}
			for _, f := range r.Chains[0].Findings {
				count[f.Reason]++
			}
			var got []string
			for reason, n := range count {
				got = append(got, fmt.Sprintf("%d %s", n, reason))
			}
			slices.SortFunc(got, func(a, b string) int { return strings.Compare(b, a) })
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("%s, want %s: %s", got, c.want, out)
			}
		})
	}
}

// What anyone who may write to the bucket can put where a digest should be.
func TestValidateLogsOfBombs(t *testing.T) {
	bomb := func(head string, n int, with string) []byte {
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		piece := bytes.Repeat([]byte(with), 1<<16)
		_, err = z.Write([]byte(head))
		for ; n > 0 && err == nil; n -= len(piece) {
			_, err = z.Write(piece)
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	blanks := bomb("{", 100<<20, " ")
	million := bomb(`{"logFiles":[`, 3<<20, "{},")
	log := bomb("{", 20<<20, " ")
	_, _, args := mirrored(t, "", func(w *world) {
		c := w.chain(0, 6)
		w.body(c[1].Place, func([]byte) []byte { return blanks })
		w.body(c[2].Place, func([]byte) []byte { return million })
		w.body(c[3].Place, func([]byte) []byte { return bomb(`"`, 5<<20, "x") })
		w.body(logs(c[4])[0].Place, func([]byte) []byte { return log })
	})
	code, out, errs := run(t.Context(), args...)
	checkOutcome(t, scenario{want: "d3/6 l5/6 [0 1] broken(1 4) [4 6] +6; digest 2 bad_format; digest 3 bad_format; digest 4 bad_format; log 4.6 wrong_hash", code: 3}, code, out, errs)
	if !strings.Contains(out, "longer than the limit") {
		t.Errorf("it does not say what is wrong: %s", out)
	}
}

// A Region without keys does not keep the others from being checked.
func TestValidateLogsOfOneRegionWithoutKeys(t *testing.T) {
	c := newCloud(t, scenarios[:1])
	w := c.worlds[scenarios[0].slug()]
	c.use(t, scenarios[0].slug())
	dir := t.TempDir()
	w.trail.Region = "us-east-1"
	w.chain(0, 6)
	w.mirror(dir, "")
	empty := filepath.Join(t.TempDir(), "cache")
	kept := filepath.Join(empty, "eu-west-1.json")
	if err := os.MkdirAll(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.keysFile(t.TempDir()), kept); err != nil {
		t.Fatal(err)
	}
	args := []string{"validate-logs", "--offline", "--key-cache", empty, "--end-time", w.to.Format(time.RFC3339), dir}
	for _, form := range []string{"table", "json", "junit"} {
		code, out, errs := run(t.Context(), append(args, "--format", form)...)
		if code != 1 || errs != "" || !strings.Contains(out, "no public keys of Region us-east-1") || strings.Contains(out, "no digest lists") {
			t.Errorf("%s: exit code %d, %s%s", form, code, out, errs)
		}
	}
	if code, out, errs := run(t.Context(), append(args, "--region", "us-east-1")...); code != 1 || out != "" || !strings.Contains(errs, "no public keys of Region us-east-1") {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
	if code, out, errs := run(t.Context(), append(args, "--region", "eu-west-1")...); code != 0 {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
}

// The older bucket of a trail is gone, or cannot be listed.
func TestValidateLogsWithoutTheOlderBucket(t *testing.T) {
	s := scenario{name: "valid", build: func(w *world) {
		now := w.bucket
		w.bucket = now + "-old"
		c := w.chain(0, 3)
		for at := range w.objects {
			delete(w.objects, at)
		}
		w.bucket = now
		w.chainAfter(&c[2].Link, 3, 3)
	}}
	c := newCloud(t, []scenario{s})
	c.use(t, s.slug())
	code, out, errs := run(t.Context(), append([]string{"validate-logs", "--format", "json"}, c.worlds[s.slug()].arguments()...)...)
	if errs != "" || code == 0 || !strings.Contains(out, "NoSuchBucket") || !strings.Contains(out, `"valid": 3`) {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
}

// Whoever ends it in the middle is told what is known so far, and nothing that
// was not looked at is called missing.
func TestValidateLogsInterruptedInTheMiddle(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c := newCloud(t, scenarios[:1])
	s := scenarios[0]
	c.use(t, s.slug())
	w := c.worlds[s.slug()]
	var asked atomic.Int32
	for at := range w.objects {
		if strings.Contains(at.Key, "_CloudTrail-Digest_") {
			path := "/" + at.Bucket + "/" + at.Key
			o := w.objects[at]
			c.faults[path] = func(rw http.ResponseWriter) {
				if asked.Add(1) == 3 {
					stop()
				}
				for name, value := range o.meta {
					rw.Header().Set("x-amz-meta-"+name, value)
				}
				_, _ = rw.Write(o.body) // the client may be gone
			}
		}
	}
	code, out, errs := run(ctx, append([]string{"validate-logs", "--format", "table"}, w.arguments()...)...)
	if code != 1 || strings.Contains(out, "✗") || strings.Contains(out, "not there") || !strings.Contains(out, "interrupted") {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
}

// What is asked in a wrong way, or of nothing, is told with the remedy.
func TestValidateLogsAskedWrongly(t *testing.T) {
	empty := t.TempDir()
	file := filepath.Join(empty, "file")
	if err := os.WriteFile(file, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	w, dir, _ := mirrored(t, "", func(w *world) { w.chain(0, 6) })
	keys := w.keysFile(t.TempDir())
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{filepath.Join(empty, "nothing")}, 2, "no such directory"},
		{[]string{file}, 2, "not a directory"},
		{[]string{"--public-keys", keys, empty}, 1, "no digest files"},
		{[]string{"--public-keys", file, dir}, 2, "no public keys"},
		{[]string{"--public-keys", filepath.Join(empty, "none"), dir}, 2, "--public-keys"},
		{[]string{"--formt", "json", dir}, 2, "--format"},
		{[]string{"--format", "tabel", dir}, 2, "did you mean table"},
		{[]string{"--start-time", "yesterdy", dir}, 2, "--start-time"},
		{[]string{"--start-time", "1d", "--end-time", "2d", dir}, 2, "before"},
		{[]string{"--trail-arn", "main", dir}, 2, "is no ARN of a trail"},
		{[]string{"--workers", "-1", dir}, 2, "--workers"},
		{[]string{"--s3-prefix", "x", dir}, 2, "--s3-bucket"},
		{[]string{"s3://"}, 2, "bucket"},
		{[]string{"one", "two"}, 2, "one bucket or directory at a time"},
		{nil, 2, "name a place"},
		{[]string{"--resume", empty, "--public-keys", keys, dir}, 2, "--resume"},
		{[]string{"--resume", file, "--public-keys", keys, dir}, 2, "--resume"},
	} {
		code, out, errs := run(t.Context(), append([]string{"validate-logs"}, c.args...)...)
		if code != c.code || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit code %d, want %d and %q: %s%s", c.args, code, c.code, c.want, out, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(empty, "none")); err == nil {
		t.Error("it was made")
	}
}
