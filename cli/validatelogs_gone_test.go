package cli_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/flow"
)

// goneReport runs with the arguments and tells in short what is not covered and
// which log files no digest lists.
func goneReport(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	code, out, errs := run(t.Context(), args...)
	if out == "" {
		return code, strings.TrimSpace(errs)
	}
	var r struct {
		Chains []struct {
			Account, Region, Trail string
			Digests                flow.Verdicts
			Holes                  []struct {
				From, To time.Time
				Cause    string
			}
		}
		Folders []flow.FolderReport
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	var parts []string
	for _, c := range r.Chains {
		text := fmt.Sprintf("%s/%s %s d%d", c.Account[:3], c.Region, c.Trail, c.Digests.Total())
		for _, h := range c.Holes {
			text += fmt.Sprintf(" %s(%g %g)", h.Cause, h.From.Sub(zero).Hours(), h.To.Sub(zero).Hours())
		}
		parts = append(parts, text)
	}
	for _, f := range r.Folders {
		if n := int64(len(f.Unnamed)) + f.UnnamedLeftOut; n > 0 || f.NoDigests {
			text := fmt.Sprintf("%s%s: %d unnamed, %d uncovered", f.Bucket+"/", f.Folder, n, f.Uncovered)
			if f.NoDigests {
				text += ", no digests"
			}
			parts = append(parts, text)
		}
	}
	return code, strings.Join(parts, "; ")
}

// lone writes log files of some hours, of which no digest tells.
func (w *world) lone(region, accountID string, hours int) {
	was := w.trail
	w.trail.Region, w.trail.Account = region, accountID
	for i := range hours {
		w.log(float64(i)+0.5, fmt.Sprintf("lone%d", i))
	}
	w.trail = was
}

// Digests that are all gone leave nothing that could name them, but log files.
func TestValidateLogsWithoutAnyDigests(t *testing.T) {
	const other = "333333333333"
	arn := "arn:aws:cloudtrail:eu-west-1:" + account + ":trail/main"
	sound := "210/eu-west-1 main d6"
	region := "bucket/trail/AWSLogs/" + account + "/CloudTrail/us-east-1/: 5 unnamed, 1 uncovered, no digests"
	whole := "bucket/trail/AWSLogs/" + other + "/CloudTrail/us-east-1/: 5 unnamed, 1 uncovered, no digests"
	build := func(w *world) {
		w.chain(0, 6)
		w.lone("us-east-1", account, 6)
		w.lone("us-east-1", other, 6)
		w.to = at(6.6)
	}
	for _, c := range []struct {
		name string
		more []string
		want string
		code int
	}{
		{"all", nil, sound + " ended(6 6.6); " + region + "; " + whole, 3},
		{"some time", []string{"--start-time", at(3).Format(time.RFC3339)}, "210/eu-west-1 main d4 ended(6 6.6); " + strings.ReplaceAll(region+"; "+whole, "5 unnamed", "2 unnamed"), 3},
		{"not wanted", []string{"--no-unnamed"}, sound + " ended(6 6.6)", 0},
		{"of the Region", []string{"--region", "eu-west-1"}, sound + " ended(6 6.6)", 0},
		{"of the account", []string{"--account-id", account}, sound + " ended(6 6.6); " + region, 3},
		{"of a trail, which may have nothing to do with the other account", []string{"--trail-arn", arn}, sound + " ended(6 6.6); " + region, 3},
		{"of an account without any digests", []string{"--account-id", other}, "no digest files of the time and trail asked for", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, cut := range []string{"", "trail/"} {
				_, _, args := mirrored(t, cut, build)
				code, said := goneReport(t, append(args, c.more...)...)
				if code != c.code || said != c.want && (c.code != 1 || !strings.Contains(said, c.want)) {
					t.Errorf("cut %q: exit code %d\n got %s\nwant %s", cut, code, said, c.want)
				}
			}
		})
	}

	_, _, args := mirrored(t, "", func(w *world) { w.chain(0, 130); w.lone("us-east-1", account, 130); w.to = at(130) })
	code, out, errs := run(t.Context(), append(args, "--format", "table")...)
	for _, want := range []string{"128 log files listed by no digest: there are none of this account and Region", "NOT VALID"} {
		if code != 3 || !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("exit code %d, want %q in\n%s%s", code, want, out, errs)
		}
	}
	if code, out, errs = run(t.Context(), args...); code != 3 || strings.Count(out, "_lone") != 100 || !strings.Contains(out, `"unnamed_left_out": 28,`) {
		t.Errorf("exit code %d, not 100 names and 28 more in\n%s%s", code, out, errs)
	}
}

// A time of which all digests were deleted is a hole of the chain, not the
// absence of a chain.
func TestValidateLogsWithoutDigestsOfTheTime(t *testing.T) {
	window := []string{"--start-time", at(6).Format(time.RFC3339)}
	sound := "210/eu-west-1 main d21; "
	for _, c := range []struct {
		name  string
		build func(w *world) // us-east-1 is what it is about
		want  string
		code  int // with --complete
	}{
		{"before and after", func(w *world) { w.delete(w.chain(0, 40)[3:30]...) }, sound + "210/us-east-1 main d0 restarted(6 26)", 3},
		{"years before", func(w *world) {
			w.chain(-24*800, 3)
			w.lone("us-east-1", account, 10)
		}, sound + "210/us-east-1 main d0 ended(6 26)", 3},
		{"only after", func(w *world) { w.delete(w.chain(0, 40)[:30]...) }, sound + "210/us-east-1 main d0 began(6 26)", 3},
		{"two trails", func(w *world) {
			w.chain(0, 2)
			w.trail.Name = "second"
			w.chain(0, 3)
		}, sound + "210/us-east-1 main d0 ended(6 26); 210/us-east-1 second d0 ended(6 26)", 3},
		// One that is no more does not keep a file from being told.
		{"another trail goes on", func(w *world) {
			w.chain(0, 2)
			w.trail.Name = "second"
			w.chain(0, 26)
			w.log(9.7, "planted")
		}, sound + "210/us-east-1 second d21; bucket/trail/AWSLogs/" + account + "/CloudTrail/us-east-1/: 1 unnamed, 0 uncovered", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, args := mirrored(t, "trail/", func(w *world) {
				w.chain(0, 26)
				w.trail.Region = "us-east-1"
				c.build(w)
				w.to = at(26)
			})
			args = append(args, window...)
			code, said := goneReport(t, append(slices.Clone(args), "--complete")...)
			if code != c.code || said != c.want {
				t.Errorf("exit code %d\n got %s\nwant %s", code, said, c.want)
			}
			if code, said = goneReport(t, append(slices.Clone(args), "--region", "us-east-1")...); c.name != "another trail goes on" && (code != 1 || !strings.Contains(said, "no digest files of the time")) {
				t.Errorf("without any digest: exit code %d: %s", code, said)
			}
			_, out, errs := run(t.Context(), append(slices.Clone(args), "--format", "table", "--complete")...)
			if !strings.Contains(out, "account "+account+", us-east-1") || !strings.Contains(out, "NOT ") {
				t.Errorf("%s%s", out, errs)
			}
		})
	}
}
