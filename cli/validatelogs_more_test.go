package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/digest"
	"tocsin/store/state"
)

// mirrored writes a world into a directory and gives the arguments that
// validate it there.
func mirrored(t *testing.T, cut string, build func(*world)) (w *world, dir string, args []string) {
	t.Helper()
	w, dir = newWorld(t, "bucket"), t.TempDir()
	build(w)
	w.mirror(dir, cut)
	return w, dir, []string{"validate-logs", "--format", "json", "--public-keys", w.keysFile(dir), "--end-time", w.to.Format("2006-01-02T15:04:05Z"), dir}
}

// plain takes away all metadata, as a plain copy of a bucket does.
func plain(w *world) {
	for at, o := range w.objects {
		w.objects[at] = object{body: o.body}
	}
}

// The signature of every digest but the newest is also in the digest after it.
func TestValidateLogsOfAPlainCopy(t *testing.T) {
	for name, c := range map[string]struct {
		build func(*world)
		want  string
	}{
		"untouched": {func(w *world) { w.chain(0, 6); plain(w) }, "d5/6 l10/10 [0 5] broken(5 6) +2; digest 6 no_signature"},
		"a digest was changed": {func(w *world) {
			w.text(w.chain(0, 6)[2], account, "9")
			plain(w)
		}, "d4/6 l8/8 [0 2] broken(2 3) [3 5] broken(5 6) +4; digest 3 bad_signature; digest 6 no_signature"},
		"a digest is missing": {func(w *world) {
			w.delete(w.chain(0, 6)[2])
			plain(w)
		}, "d3/6 l6/6 [0 1] broken(1 3) [3 5] broken(5 6) +6; digest 2 no_signature; digest 3 not_found; digest 6 no_signature"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, args := mirrored(t, "", c.build)
			code, out, errs := run(t.Context(), args...)
			checkOutcome(t, scenario{want: c.want, code: 3}, code, out, errs)
		})
	}
}

func TestValidateLogsOfAPartOfABucket(t *testing.T) {
	// Copied from below the prefix on; the digests tell what is cut off.
	_, _, args := mirrored(t, "trail/", func(w *world) {
		delete(w.objects, logs(w.chain(0, 6)[3])[0].Place)
	})
	code, out, errs := run(t.Context(), args...)
	checkOutcome(t, scenario{want: "d6/6 l11/12 [0 6]; log 3.6 not_found", code: 3}, code, out, errs)
	if !strings.Contains(out, `"s3://bucket/trail/AWSLogs/`) {
		t.Errorf("the missing file is not called as it was written: %s", out)
	}
}

func TestValidateLogsFindsAllChains(t *testing.T) {
	_, dir, args := mirrored(t, "", func(w *world) {
		w.chain(0, 2)
		w.trail.Region = "us-east-1"
		w.chain(0, 3)
		w.trail.Account = "333333333333"
		w.trail.OrganizationID = "o-abcde12345"
		w.delete(w.chain(0, 4)[1])
		w.to = at(4)
	})
	count := func(more ...string) string {
		_, out, errs := run(t.Context(), append(slices.Clone(args), more...)...)
		var r struct {
			Chains []struct {
				Account, Region string
				Digests         struct{ Valid, Missing int }
			}
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%v: %s", err, errs)
		}
		var said []string
		for _, c := range r.Chains {
			said = append(said, c.Account[:3]+" "+c.Region+" "+strings.Repeat("v", c.Digests.Valid)+strings.Repeat("m", c.Digests.Missing))
		}
		return strings.Join(said, ", ")
	}
	for _, c := range []struct {
		more []string
		want string
	}{
		{nil, "210 eu-west-1 vv, 210 us-east-1 vvv, 333 us-east-1 vvvm"},
		{[]string{"--region", "us-east-1"}, "210 us-east-1 vvv, 333 us-east-1 vvvm"},
		{[]string{"--account-id", "333333333333"}, "333 us-east-1 vvvm"},
		{[]string{"--trail-arn", "arn:aws:cloudtrail:eu-west-1:" + account + ":trail/main", "--region", "eu-west-1"}, "210 eu-west-1 vv"},
	} {
		if got := count(c.more...); got != c.want {
			t.Errorf("%v: %s, want %s", c.more, got, c.want)
		}
	}
	args[len(args)-1] = filepath.Join(dir, "trail", "AWSLogs", account)
	// Above AWSLogs is not in the directory now: nothing is found.
	if code, _, _ := run(t.Context(), args...); code != 1 {
		t.Errorf("below AWSLogs: exit code %d", code)
	}
}

func TestValidateLogsResumes(t *testing.T) {
	w, dir, args := mirrored(t, "", func(w *world) {
		w.body(logs(w.chain(0, 6)[3])[0].Place, func(b []byte) []byte { return digest.Compress([]byte("changed")) })
	})
	done := filepath.Join(t.TempDir(), "done")
	resumed := append(slices.Clone(args), "--resume", done)
	first := scenario{want: "d6/6 l11/12 [0 6]; log 3.6 wrong_hash", code: 3}
	code, out, errs := run(t.Context(), resumed...)
	checkOutcome(t, first, code, out, errs)
	if strings.Contains(out, `"earlier"`) {
		t.Errorf("there was no earlier run: %s", out)
	}
	// What was valid then is not read again, the rest is.
	for p := range w.objects {
		if strings.Contains(p.Key, "_CloudTrail_") {
			if err := os.WriteFile(filepath.Join(dir, p.Key), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	code, out, errs = run(t.Context(), resumed...)
	checkOutcome(t, scenario{want: "d6/6 l10/12 [0 6]; log 3.2 wrong_hash; log 3.6 wrong_hash", code: 3}, code, out, errs)
	if !strings.Contains(out, `"earlier": 10`) {
		t.Errorf("ten log files were done: %s", out)
	}
	code, out, errs = run(t.Context(), args...)
	if code != 3 || strings.Count(out, "wrong_hash") != 12 {
		t.Errorf("without --resume all are read: %d %s %s", code, out, errs)
	}
}

// What was valid in one place says nothing of another; of a killed run the last
// line may be torn.
func TestValidateLogsResumesOnlyThere(t *testing.T) {
	_, dir, args := mirrored(t, "", func(w *world) { w.chain(0, 6) })
	done := filepath.Join(t.TempDir(), "done")
	with := func(place string) (code int, out, errs string) {
		return run(t.Context(), append(slices.Clone(args[:len(args)-1]), "--resume", done, place)...)
	}
	if code, out, errs := with(dir); code != 0 {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	text, err := os.ReadFile(done)
	if err != nil {
		t.Fatal(err)
	}
	head, hashes, _ := strings.Cut(string(text), "\n")
	bare := t.TempDir()
	if err := os.CopyFS(bare, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(bare, "trail", "AWSLogs", account, "CloudTrail")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(dir))
	for name, c := range map[string]struct {
		file, place string
		code        int
		tells       string
		earlier     int
		left        string // of the file; the same text if empty
	}{
		"again":                    {string(text), dir, 0, "", 12, ""},
		"the same place otherwise": {string(text), "./" + filepath.Base(dir) + "/", 0, "", 12, ""},
		"a copy without log files": {string(text), bare, 2, "it is about " + dir + ", not about " + bare + ": name another file", 0, ""},
		"of an older version":      {hashes, dir, 2, "as an older version wrote it: remove it, or name another file", 0, ""},
		"a torn last line":         {string(text[:len(text)-9]), dir, 0, "", 10, string(text)},
		"a torn first line":        {head[:20], dir, 0, "", 0, string(text)},
		"another torn first line":  {"precious", dir, 2, "it is not what --resume writes", 0, ""},
		"something else":           {"precious\n", dir, 2, "it is not what --resume writes", 0, ""},
		"something else within":    {string(text) + "x\n", dir, 2, "line 8 is no hash of a digest: it is not what --resume writes", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(done, []byte(c.file), 0o644); err != nil {
				t.Fatal(err)
			}
			code, out, errs := with(c.place)
			if code != c.code || !strings.Contains(errs, c.tells) {
				t.Errorf("exit code %d: %s%s", code, out, errs)
			}
			if c.earlier > 0 != strings.Contains(out, fmt.Sprintf(`"earlier": %d,`, c.earlier)) {
				t.Errorf("not %d log files of an earlier run: %s", c.earlier, out)
			}
			left, err := os.ReadFile(done)
			want := c.left
			if want == "" {
				want = c.file
			}
			if err != nil || sortedLines(string(left)) != sortedLines(want) {
				t.Errorf("%v; the file holds\n%s\nwant\n%s", err, left, want)
			}
		})
	}
}

// sortedLines is a text with its lines in order: digests are done in any.
func sortedLines(text string) string {
	return strings.Join(slices.Sorted(strings.Lines(text)), "")
}

func TestValidateLogsInterrupted(t *testing.T) {
	_, _, args := mirrored(t, "", func(w *world) { w.chain(0, 6) })
	ctx, stop := context.WithCancel(t.Context())
	stop()
	code, out, errs := run(ctx, args...)
	if code != 1 || strings.Contains(out, "not_found") || !strings.Contains(out+errs, "interrupted") {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
}

func TestValidateLogsComplete(t *testing.T) {
	_, _, args := mirrored(t, "", func(w *world) { w.chain(0, 6); w.to = at(9) })
	if code, _, errs := run(t.Context(), args...); code != 0 {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if code, _, errs := run(t.Context(), append(args, "--complete")...); code != 3 {
		t.Errorf("with --complete: exit code %d: %s", code, errs)
	}
}

// The key of a digest that names hostile characters must not reach a terminal.
func TestValidateLogsEscapes(t *testing.T) {
	_, _, args := mirrored(t, "", func(w *world) {
		log := w.log(0.5, "x")
		log.Place.Key += "\x1b[31m\u202e"
		signed, err := digest.Write(w.trail, w.signer, nil, digest.Window{Start: at(0), End: at(1), Bucket: w.bucket, Logs: []digest.Log{log}})
		if err != nil {
			t.Fatal(err)
		}
		w.put(signed)
	})
	for _, format := range []string{"table", "json", "junit"} {
		code, out, errs := run(t.Context(), append(slices.Clone(args), "--format", format)...)
		if code != 3 || strings.ContainsAny(out+errs, "\x1b\u202e") || out == "" {
			t.Errorf("%s: exit code %d, %q%s", format, code, out, errs)
		}
	}
}

func TestValidateLogsTable(t *testing.T) {
	for name, build := range map[string]func(*world){
		"valid": func(w *world) { w.chain(0, 6) },
		"all-kinds": func(w *world) {
			c := w.chain(0, 6)
			w.delete(c[1:3]...)
			w.body(logs(c[4])[0].Place, func([]byte) []byte { return digest.Compress(nil) })
			delete(w.objects, logs(c[5])[0].Place)
			w.log(4.5, "planted")
			w.chain(8, 2)
			w.backfill(4, 1)
			w.to = at(12)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, args := mirrored(t, "", build)
			_, out, errs := run(t.Context(), append(args, "--format", "table")...)
			got := regexp.MustCompile(`\(\d+ ms\)`).ReplaceAllString(out+errs, "(1 ms)")
			file := filepath.Join("testdata", "validate-logs", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestValidateLogsJUnit(t *testing.T) {
	_, _, args := mirrored(t, "", func(w *world) {
		delete(w.objects, logs(w.chain(0, 6)[3])[0].Place)
		w.log(2.5, "planted")
		w.to = at(9)
	})
	for complete, failures := range map[bool][]int{false: {1, 1}, true: {2, 1}} {
		more := []string{"--format", "junit"}
		if complete {
			more = append(more, "--complete")
		}
		_, out, errs := run(t.Context(), append(slices.Clone(args), more...)...)
		var r struct {
			Suites []struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
				Cases    []struct {
					Name    string `xml:"name,attr"`
					Failure *struct {
						Message string `xml:"message,attr"`
					} `xml:"failure"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.NewDecoder(bytes.NewReader([]byte(out))).Decode(&r); err != nil {
			t.Fatalf("%v in %s%s", err, out, errs)
		}
		var got []int
		for _, s := range r.Suites {
			failed := 0
			for _, c := range s.Cases {
				if c.Failure != nil && c.Failure.Message != "" {
					failed++
				}
			}
			if failed != s.Failures || len(s.Cases) != s.Tests {
				t.Errorf("%+v: counted %d failures", s, failed)
			}
			got = append(got, s.Failures)
		}
		if !slices.Equal(got, failures) {
			t.Errorf("complete %v: failures %v, want %v: %s", complete, got, failures, out)
		}
	}
}

// docs/validate-logs.md shows every key of the JSON form.
func TestValidateLogsJSONIsAsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/validate-logs.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(string(page))
	if example == nil {
		t.Fatal("there is no example")
	}
	want, got := map[string]string{}, map[string]string{}
	keys(t, example[1], nil, want)
	w, _, args := mirrored(t, "", func(w *world) {
		w.trail.OrganizationID = "o-abcde12345"
		c := w.chain(0, 6)
		w.delete(c[1:3]...)
		delete(w.objects, logs(c[5])[0].Place)
		w.log(4.5, "planted")
		w.keys[0].ValidTo = at(5)
	})
	args = append(args, "--start-time", at(0).Format("2006-01-02T15:04:05Z"), "--resume", filepath.Join(t.TempDir(), "done"))
	gone := state.Mark{Source: "s3://bucket", Key: w.log(4.6, "gone").Place.Key, Version: "1", At: at(5)}
	taken := w.taken("s3://bucket", "")
	bad := taken[slices.IndexFunc(taken, func(m state.Mark) bool { return strings.Contains(m.Key, "nA3") })]
	bad.Problem = "gzip: invalid header"
	args = append(args, "--data", tookIn(t, time.Time{}, gone, bad))
	for range 2 {
		code, out, errs := run(t.Context(), args...)
		if code != 3 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		keys(t, out, nil, got)
	}
	_, _, args = mirrored(t, "", func(w *world) { w.delete(w.chain(0, 6)[0]) })
	code, out, errs := run(t.Context(), args...)
	if code != 0 || !strings.Contains(out, `"older"`) {
		t.Errorf("a chain without its oldest digests, all of it asked for: %d %s%s", code, out, errs)
	}
	keys(t, out, nil, got)
	rare := []string{".interrupted", ".stored.left_out", ".folders[].unnamed_left_out"}
	maps.DeleteFunc(want, func(key, _ string) bool { return slices.Contains(rare, key) })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("documented (-) and printed (+) keys differ:\n%s", d)
	}
}

// However many are read at a time, and whichever comes first, all that is said
// is the same.
func TestValidateLogsInAnyOrder(t *testing.T) {
	c := newCloud(t, scenarios)
	took := regexp.MustCompile(`"elapsed_ms": \d+`)
	for _, s := range scenarios {
		c.use(t, s.slug())
		var first string
		for _, workers := range []string{"1", "3", "32"} {
			code, out, errs := run(t.Context(), append([]string{"validate-logs", "--format", "json", "--workers", workers}, c.worlds[s.slug()].arguments()...)...)
			said := fmt.Sprint(code, took.ReplaceAllString(out, ""), errs)
			if workers == "1" {
				first = said
			}
			if d := cmp.Diff(first, said); d != "" {
				t.Errorf("%s, %s at a time: %s", s.name, workers, d)
			}
		}
	}
}
