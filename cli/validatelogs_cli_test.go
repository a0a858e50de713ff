package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"tocsin/core/digest"
	"tocsin/flow"
)

// named is the scenario of that name.
func named(t *testing.T, name string) scenario {
	t.Helper()
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("there is no scenario %q", name)
	}
	return scenarios[i]
}

// docs/validate-logs.md says what the AWS CLI does not tell. Our --format aws
// stands for it: TestValidateLogsAsTheAWSCLI holds the one against the other.
func TestWhatTheAWSCLIDoesNotTell(t *testing.T) {
	type told struct{ theirs, ours, theirCode, ourCode int }
	wants := map[string]told{
		"two missing in a row":                                            {1, 2, 1, 3},
		"three missing in a row":                                          {1, 3, 1, 3},
		"all but the newest are missing":                                  {1, 5, 1, 3},
		"the newest is missing":                                           {0, 0, 0, 0}, // ours: not covered
		"restarted, and the end before it is missing":                     {0, 0, 0, 0}, // ours: not covered
		"a digest was replaced by another signed one":                     {0, 1, 0, 3},
		"a log file that no digest lists":                                 {0, 1, 0, 3},
		"log files of the time without digests":                           {0, 0, 0, 0}, // ours: not covered
		"the part of a chain that has no older digests left":              {1, 0, 1, 0},
		"a digest is missing":                                             {1, 1, 1, 3},
		"the trail's bucket was changed, and the older chain was damaged": {1, 1, 1, 3},
		"a log file was changed":                                          {1, 1, 1, 3},
		"restarted, and the beginning after it is missing":                {1, 3, 1, 3},
		"there is no key for the time of a backfill digest's making":      {1, 3, 1, 3},
		"another key than that of the time of a backfill digest's making": {1, 3, 1, 3},
		"a log file's last bytes are gone, its content is whole":          {0, 0, 0, 0},
		"valid": {0, 0, 0, 0},
	}
	var chosen []scenario
	for name := range wants {
		chosen = append(chosen, named(t, name))
	}
	c := newCloud(t, chosen)
	for name, want := range wants {
		t.Run(name, func(t *testing.T) {
			s := named(t, name)
			c.use(t, s.slug())
			args := c.worlds[s.slug()].arguments()
			var got told
			var out, errs string
			got.theirCode, _, errs = run(t.Context(), append([]string{"validate-logs", "--format", "aws"}, args...)...)
			got.theirs = strings.Count(errs, "INVALID")
			got.ourCode, out, errs = run(t.Context(), append([]string{"validate-logs", "--format", "json"}, args...)...)
			var r struct {
				Chains  []struct{ Findings []struct{} }
				Folders []flow.FolderReport
			}
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatalf("%v: %s%s", err, out, errs)
			}
			for _, one := range r.Chains {
				got.ours += len(one.Findings)
			}
			for _, f := range r.Folders {
				got.ours += len(f.Unnamed)
			}
			if got != want {
				t.Errorf("findings and exit codes, theirs and ours: %+v, want %+v", got, want)
			}
			uncovered := !strings.Contains(out, `"holes": []`)
			if strings.HasPrefix(name, "the newest is") && !uncovered || strings.HasPrefix(name, "restarted, and the end before it is m") && !uncovered {
				t.Errorf("a hole is not told: %s", out)
			}
		})
	}
}

// differing are chains of which --format aws says otherwise than the AWS CLI, as
// docs/validate-logs.md tells: want is in ours, theirs in theirs.
var differing = []scenario{
	{name: "a digest is JSON but no object", build: func(w *world) {
		w.body(mid(w.chain(0, 6)).Place, func([]byte) []byte { return digest.Compress([]byte("[1]")) })
	}, want: "INVALID: invalid format", theirs: "INVALID: ", code: 1, theirCode: 1},
	{name: "a log hash without its leading zero", build: func(w *world) {
		var l digest.Log
		for i := 0; !strings.HasPrefix(l.Hash, "0"); i++ {
			delete(w.objects, l.Place)
			l = w.log(0.5, fmt.Sprintf("zero%d", i))
		}
		l.Hash = strings.TrimLeft(l.Hash, "0")
		s, err := digest.Write(w.trail, w.signer, nil, digest.Window{Start: at(0), End: at(1), Bucket: w.bucket, Logs: []digest.Log{l}})
		if err != nil {
			w.t.Fatal(err)
		}
		w.put(s)
	}, want: "1/1 log files valid\n", theirs: "1/1 log files INVALID", code: 0, theirCode: 1},
	{name: "a log file that must not be read", build: func(w *world) {
		w.faults[logs(mid(w.chain(0, 6)))[0].Place] = refuses(http.StatusForbidden, "AccessDenied")
	}, want: "An error occurred (AccessDenied) when calling the GetObject operation: no", theirs: "An error occurred (AccessDenied) when calling the GetObject operation: no", code: 254, theirCode: 255},
	{name: "an organization's trail, its bucket named", build: func(w *world) {
		w.trail.OrganizationID, w.trail.Account, w.org = "o-abcde12345", "333333333333", true
		w.chain(0, 6)
		w.args = []string{"--account-id", "333333333333"}
	}, want: "6/6 digest files valid", theirs: "No digests found", code: 0, theirCode: 0},
}

func TestWhereTheAWSCLIDiffers(t *testing.T) {
	c := newCloud(t, differing)
	for _, s := range differing {
		t.Run(s.name, func(t *testing.T) {
			c.use(t, s.slug())
			got := runBoth(t.Context(), append([]string{"validate-logs", "--format", "aws"}, c.worlds[s.slug()].arguments()...)...)
			if got.Code != s.code || !strings.Contains(got.Both, s.want) {
				t.Errorf("exit code %d, want %d, and %q in %s", got.Code, s.code, s.want, got.Both)
			}
		})
	}
	t.Run("theirs", func(t *testing.T) {
		program := awsCLI(t)
		c.use(t, differing[0].slug())
		for i, got := range c.aws(t, program, differing) {
			s := differing[i]
			t.Logf("%s: %d, %s", s.name, got.Code, got.Stdout+got.Stderr)
			// Version 2 has 254 where a service answered with an error.
			if got.Code != s.theirCode && got.Code != s.code || !strings.Contains(got.Stdout+got.Stderr, s.theirs) {
				t.Errorf("%s: exit code %d, want %d, and %q in %s", s.name, got.Code, s.theirCode, s.theirs, got.Stdout+got.Stderr)
			}
		}
	})
}

// faulty are chains that a server does not give as it should.
var faulty = []scenario{
	{name: "one log file must not be read", build: func(w *world) {
		w.faults[logs(mid(w.chain(0, 6)))[0].Place] = refuses(http.StatusForbidden, "AccessDenied")
	}, want: "d6/6 l11/12 [0 6]; log 3.6 unreadable", code: 1},
	{name: "one log file must not be read, another was changed", build: func(w *world) {
		c := w.chain(0, 6)
		w.faults[logs(mid(c))[0].Place] = refuses(http.StatusForbidden, "AccessDenied")
		w.body(logs(c[1])[1].Place, func([]byte) []byte { return digest.Compress(nil) })
	}, want: "d6/6 l10/12 [0 6]; log 1.2 wrong_hash; log 3.6 unreadable", code: 3},
	{name: "a digest must not be read", build: func(w *world) {
		w.faults[mid(w.chain(0, 6)).Place] = refuses(http.StatusForbidden, "AccessDenied")
	}, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 unreadable", code: 1},
	{name: "a log file is cut by the network", build: func(w *world) {
		w.faults[logs(mid(w.chain(0, 6)))[0].Place] = cuts
	}, want: "d6/6 l11/12 [0 6]; log 3.6 unreadable", code: 1},
	{name: "a digest is cut by the network", build: func(w *world) {
		w.faults[mid(w.chain(0, 6)).Place] = cuts
	}, want: "d5/6 l10/10 [0 3] broken(3 4) [4 6] +2; digest 4 unreadable", code: 1},
	{name: "the server is too busy once", build: func(w *world) {
		busy := refuses(http.StatusServiceUnavailable, "SlowDown")
		c := w.chain(0, 6)
		for _, place := range []digest.Place{c[2].Place, logs(c[4])[1].Place} {
			o := w.objects[place]
			var asked atomic.Int32
			w.faults[place] = func(rw http.ResponseWriter) {
				if asked.Add(1) == 1 {
					busy(rw)
					return
				}
				for name, value := range o.meta {
					rw.Header().Set("x-amz-meta-"+name, value)
				}
				_, _ = rw.Write(o.body) // the client may be gone
			}
		}
	}, want: "d6/6 l12/12 [0 6]"},
}

func TestValidateLogsFromABadServer(t *testing.T) {
	c := newCloud(t, faulty)
	for _, s := range faulty {
		t.Run(s.name, func(t *testing.T) {
			c.use(t, s.slug())
			t.Setenv("AWS_MAX_ATTEMPTS", "2")
			code, out, errs := run(t.Context(), append([]string{"validate-logs", "--format", "json"}, c.worlds[s.slug()].arguments()...)...)
			checkOutcome(t, s, code, out, errs)
		})
	}
}
