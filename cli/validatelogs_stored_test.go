package cli_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/flow"
	"tocsin/store/state"
)

// tookIn makes the data directory of a server with marks in it, and forgets
// those made before a time.
func tookIn(t *testing.T, forget time.Time, marks ...state.Mark) string {
	t.Helper()
	dir := t.TempDir()
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(dir, "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), func(tx *state.Tx) error {
		if _, err := tx.AddMarks(t.Context(), marks); err != nil {
			return err
		}
		_, err := tx.PruneMarks(t.Context(), forget, 1000)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	// The server goes on running: it is not closed before the test ends.
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// taken are the marks of the world's log files, an hour after each was written.
func (w *world) taken(source, cut string) (marks []state.Mark) {
	for at := range w.objects {
		if strings.Contains(at.Key, "_CloudTrail_") {
			marks = append(marks, state.Mark{
				Source: source, Key: strings.TrimPrefix(at.Key, cut), Version: "1", Account: account, Region: "eu-west-1", Events: 1,
				At: zero.Add(time.Duration((hour(at.Key) + 1) * float64(time.Hour))),
			})
		}
	}
	return marks
}

// hour is when a log file was written.
func hour(key string) float64 {
	i := strings.LastIndex(key, "_CloudTrail_eu-west-1_")
	t, err := time.Parse("20060102T1504Z", key[i+22:i+36])
	if err != nil {
		panic(err)
	}
	return t.Sub(zero).Hours()
}

func TestValidateLogsComparesWithTheStore(t *testing.T) {
	without := func(marks []state.Mark, parts ...string) (left []state.Mark) {
		for _, m := range marks {
			keep := true
			for _, p := range parts {
				keep = keep && !strings.Contains(m.Key, p)
			}
			if keep {
				left = append(left, m)
			}
		}
		return left
	}
	for name, c := range map[string]struct {
		marks  func(*world) []state.Mark
		forget time.Time
		want   flow.StoredReport
		code   int
	}{
		"all": {
			marks: func(w *world) []state.Mark { return w.taken("s3://bucket", "") },
			want:  flow.StoredReport{Named: 12, TakenIn: 12},
		},
		"from a folder below the prefix": {
			marks: func(w *world) []state.Mark {
				return w.taken("dir:/logs/AWSLogs", "trail/AWSLogs/")
			},
			want: flow.StoredReport{Named: 12, TakenIn: 12},
		},
		"two are lacking": {
			marks: func(w *world) []state.Mark { return without(w.taken("s3://bucket", ""), "nA1", "nB3") },
			want:  flow.StoredReport{Named: 12, TakenIn: 10, NotTakenIn: []string{"nA1", "nB3"}}, code: 3,
		},
		"none": {
			marks: func(*world) []state.Mark { return nil },
			want:  flow.StoredReport{Named: 12, NotTakenIn: []string{"nA0", "nB0", "nA1", "nB1", "nA2", "nB2", "nA3", "nB3", "nA4", "nB4", "nA5", "nB5"}}, code: 3,
		},
		"old ones are forgotten, a new one is lacking": {
			marks:  func(w *world) []state.Mark { return without(w.taken("s3://bucket", ""), "nB0", "nB5") },
			forget: at(4),
			want:   flow.StoredReport{Named: 12, TakenIn: 5, Forgotten: 6, NotTakenIn: []string{"nB5"}}, code: 3,
		},
		"all are forgotten": {
			marks:  func(w *world) []state.Mark { return w.taken("s3://bucket", "") },
			forget: at(400),
			want:   flow.StoredReport{Named: 12, Forgotten: 12},
		},
		"one could not be read": {
			marks: func(w *world) []state.Mark {
				marks := w.taken("s3://bucket", "")
				for i := range marks {
					if strings.Contains(marks[i].Key, "nA2") {
						marks[i].Problem = "gzip: \x1b[31minvalid header"
					}
				}
				return marks
			},
			want: flow.StoredReport{Named: 12, TakenIn: 12, Damaged: []flow.StoredProblem{{File: "nA2", Problem: "gzip: \x1b[31minvalid header"}}}, code: 3,
		},
		"one more than the digests name": {
			marks: func(w *world) []state.Mark {
				w.log(2.5, "gone") // it is not in the bucket any more
				marks := w.taken("s3://bucket", "")
				for at := range w.objects {
					if strings.Contains(at.Key, "gone") {
						delete(w.objects, at)
					}
				}
				return marks
			},
			want: flow.StoredReport{Named: 12, TakenIn: 12, Unnamed: []string{"gone"}}, code: 3,
		},
		"of another account, or too new for a digest": {
			marks: func(w *world) []state.Mark {
				marks := w.taken("s3://bucket", "")
				fresh, other := marks[0], marks[1]
				fresh.Key = strings.ReplaceAll(w.trail.LogFolder()+at(5.5).Format("2006/01/02/")+account+"_CloudTrail_eu-west-1_"+at(5.5).Format("20060102T1504Z")+"_fresh.json.gz", "//", "/")
				other.Key = strings.ReplaceAll(other.Key, account, "444455556666")
				return append(marks, fresh, other, state.Mark{Source: "stdin", Key: "2024-03-07", Version: "1", At: at(1)})
			},
			want: flow.StoredReport{Named: 12, TakenIn: 12},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var dir string
			_, _, args := mirrored(t, "", func(w *world) {
				w.chain(0, 6)
				dir = tookIn(t, c.forget, c.marks(w)...)
			})
			code, out, errs := run(t.Context(), append(args, "--data", dir)...)
			var got flow.ValidateReport
			if err := decodeStored(out, &got); err != nil || got.Stored == nil {
				t.Fatalf("%v: %s%s", err, out, errs)
			}
			short(got.Stored)
			c.want.Data = dir
			if d := cmp.Diff(&c.want, got.Stored); d != "" || code != c.code {
				t.Errorf("exit code %d: %s", code, d)
			}
			for _, form := range []string{"table", "junit"} {
				code, out, errs := run(t.Context(), append(args, "--data", dir, "--format", form)...)
				if code != c.code || errs != "" || strings.Contains(out, "\x1b") {
					t.Errorf("%s: exit code %d, %q%s", form, code, out, errs)
				}
				for _, list := range [][]string{c.want.NotTakenIn, c.want.Unnamed} {
					for _, file := range list {
						if !strings.Contains(out, "_"+file+".json.gz") {
							t.Errorf("%s does not name %s: %s", form, file, out)
						}
					}
				}
			}
		})
	}
}

// decodeStored reads only the part that is asked for: reasons are not read back.
func decodeStored(text string, r *flow.ValidateReport) error {
	var part struct{ Stored *flow.StoredReport }
	err := json.Unmarshal([]byte(text), &part)
	r.Stored = part.Stored
	return err
}

// short leaves the unique parts of the names, and of empty lists nothing.
func short(r *flow.StoredReport) {
	unique := func(name string) string {
		return strings.TrimSuffix(name[strings.LastIndexByte(name, '_')+1:], ".json.gz")
	}
	for _, list := range []*[]string{&r.NotTakenIn, &r.Unnamed} {
		var names []string
		for _, name := range *list {
			names = append(names, unique(name))
		}
		*list = names
	}
	if len(r.Damaged) == 0 {
		r.Damaged = nil
	}
	for i := range r.Damaged {
		r.Damaged[i].File = unique(r.Damaged[i].File)
	}
}

// A missing log file whose events the server knows is not as bad as another.
func TestValidateLogsMissingButTakenIn(t *testing.T) {
	var dir string
	_, _, args := mirrored(t, "", func(w *world) {
		signed := w.chain(0, 6)
		dir = tookIn(t, time.Time{}, w.taken("s3://bucket", "")...)
		delete(w.objects, logs(signed[3])[0].Place)
	})
	code, out, _ := run(t.Context(), append(args, "--data", dir)...)
	if code != 3 || !strings.Contains(out, "its events are known") {
		t.Errorf("exit code %d, %s", code, out)
	}
}

func TestValidateLogsDataThatIsNone(t *testing.T) {
	_, _, args := mirrored(t, "", func(w *world) { w.chain(0, 6) })
	for _, c := range []struct {
		more []string
		want string
	}{
		{[]string{"--data", t.TempDir()}, "no data directory of tocsin serve"},
		{[]string{"--data", filepath.Join(t.TempDir(), "nothing")}, "no data directory of tocsin serve"},
		{[]string{"--data", tookIn(t, time.Time{}), "--format", "aws", "--start-time", "1d", "--trail-arn", "arn:aws:cloudtrail:eu-west-1:210987654321:trail/main"}, "do not go with --format aws"},
	} {
		code, out, errs := run(t.Context(), append(args, c.more...)...)
		if code != 2 || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit code %d, %s%s", c.more, code, out, errs)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if code, out, errs := run(ctx, append(args, "--data", tookIn(t, time.Time{}))...); code != 1 || !strings.Contains(out+errs, "interrupted") {
		t.Errorf("interrupted: exit code %d, %s%s", code, out, errs)
	}
}
