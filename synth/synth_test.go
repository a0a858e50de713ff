package synth

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A made is what Generate gave, kept.
type made struct {
	key     string
	file    File
	records [][]byte
}

func generate(t *testing.T, o Options) []made {
	t.Helper()
	var all []made
	err := Generate(o, func(f File) error {
		m := made{key: f.Key, file: f}
		for r := range f.Records {
			m.records = append(m.records, slices.Clone(r))
		}
		all = append(all, m)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGolden holds the bytes of some options still: examples and figures of
// benchmarks depend on them. Whoever changes the tables of this package on
// purpose takes the new sums, and makes the examples again.
func TestGolden(t *testing.T) {
	for _, test := range []struct {
		name string
		o    Options
		want string
	}{
		{"defaults", Options{}, "328b561f50a207ac7c51fa8a3efa39e8963ff3614d64e9b31a14e2466f87582f"},
		{"takeover", Options{Events: 1200, Files: 36, Seed: 7, Story: "takeover"}, "2b0613406888a228e8dca6758a7e1631b94c4f474f36ef40c52576e71b8310e2"},
		{"busy", Options{Events: 3000, Files: 40, Seed: 1, Story: "busy", Accounts: 12, Span: 24 * time.Hour, Duplicates: 0.1}, "489a6e3b453ed6f5f2a40f18cbfd8122a3ab1a28f3efa2e602cab0a3e10accf3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := sum(t, test.o); got != test.want {
				t.Errorf("sum = %s, want %s", got, test.want)
			}
		})
	}
}

func sum(t *testing.T, o Options) string {
	t.Helper()
	h := sha256.New()
	err := Generate(o, func(f File) error {
		io.WriteString(h, f.Key)
		return f.WriteJSON(h)
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestSameOptionsSameBytes(t *testing.T) {
	o := Options{Events: 1000, Files: 20, Seed: 42, Story: "ransom"}
	first := sum(t, o)
	if again := sum(t, o); again != first {
		t.Error("two runs with the same options differ")
	}
	o.Seed++
	if sum(t, o) == first {
		t.Error("another seed gave the same bytes")
	}
}

var keyForm = regexp.MustCompile(`^AWSLogs/(\d{12})/CloudTrail/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8}T\d{4})Z_[A-Za-z0-9]{16}\.json\.gz$`)

// envelope is what the tests look at in a record.
type envelope struct {
	EventID, EventTime, AWSRegion, RecipientAccountID, EventSource, EventName, ErrorCode string
	UserIdentity                                                                         struct{ Type string }
}

func TestFiles(t *testing.T) {
	o := Options{Events: 6000, Files: 120, Seed: 3, Story: "busy", Accounts: 3, Regions: []string{"eu-west-1", "eu-north-1"}, Span: 6 * time.Hour, Duplicates: 0.05}
	files := generate(t, o)
	if len(files) != o.Files {
		t.Errorf("%d files, want %d", len(files), o.Files)
	}
	start := time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)
	ids := make(map[string][]byte)
	keys := make(map[string]bool)
	var again, claimed, pairs, wrong int
	stamps := time.Time{}
	for _, f := range files {
		m := keyForm.FindStringSubmatch(f.key)
		if m == nil {
			t.Fatalf("key %s is not in CloudTrail's form", f.key)
		}
		if m[1] != m[6] || m[2] != m[7] || !strings.HasPrefix(m[8], m[3]+m[4]+m[5]) {
			t.Errorf("key %s contradicts itself", f.key)
		}
		if keys[f.key] {
			t.Errorf("key %s twice", f.key)
		}
		keys[f.key] = true
		stamp, err := time.Parse("20060102T1504", m[8])
		if err != nil || !stamp.Equal(stamp.Truncate(5*time.Minute)) {
			t.Errorf("stamp of %s is not a multiple of five minutes (%v)", f.key, err)
		}
		if stamp.Before(stamps) {
			t.Errorf("%s is out of the order of delivery", f.key)
		}
		stamps = stamp
		if len(f.records) == 0 || len(f.records) != f.file.Events {
			t.Errorf("%s holds %d records, File says %d", f.key, len(f.records), f.file.Events)
		}
		claimed += f.file.Duplicates
		before := ""
		for _, raw := range f.records {
			var e envelope
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatalf("%s: %v\n%s", f.key, err, raw)
			}
			if e.RecipientAccountID != m[1] || e.AWSRegion != m[2] {
				t.Errorf("%s holds an event of %s in %s", f.key, e.RecipientAccountID, e.AWSRegion)
			}
			at, err := time.Parse(time.RFC3339, e.EventTime)
			if err != nil || at.Before(start) || !at.Before(start.Add(o.Span)) || at.After(stamp) || stamp.Sub(at) > 10*time.Minute {
				t.Errorf("eventTime %s in %s (%v)", e.EventTime, f.key, err)
			}
			if other, ok := ids[e.EventID]; ok {
				again++
				if !bytes.Equal(other, raw) {
					t.Errorf("eventID %s has two records", e.EventID)
				}
			}
			ids[e.EventID] = raw
			if before != "" {
				pairs++
				if before > e.EventTime {
					wrong++
				}
			}
			before = e.EventTime
		}
	}
	if len(ids) != o.Events {
		t.Errorf("%d distinct events, want %d", len(ids), o.Events)
	}
	if again != claimed || again < o.Events*3/100 || again > o.Events*7/100 {
		t.Errorf("%d events came again, File says %d; want about 5 %% of %d", again, claimed, o.Events)
	}
	if share := 100 * wrong / pairs; share < 8 || share > 23 {
		t.Errorf("%d %% of neighbours stand in the wrong order, want 8 to 23", share)
	}
}

// TestLikeMeasured holds the shape near what was measured on delivered trails.
func TestLikeMeasured(t *testing.T) {
	files := generate(t, Options{Events: 20000, Files: 400, Seed: 5, Story: "busy", Accounts: 3, Span: 24 * time.Hour})
	var raw, packed, records, single, failed, root, service int
	var sizes, counts []int
	for _, f := range files {
		var b bytes.Buffer
		zip, _ := gzip.NewWriterLevel(&b, 6)
		if err := f.file.WriteJSON(io.MultiWriter(zip, counting{&raw})); err != nil {
			t.Fatal(err)
		}
		zip.Close()
		packed += b.Len()
		records += len(f.records)
		counts = append(counts, len(f.records))
		if len(f.records) <= 5 {
			single++
		}
		for _, r := range f.records {
			sizes = append(sizes, len(r))
			var e envelope
			json.Unmarshal(r, &e)
			if e.ErrorCode != "" {
				failed++
			}
			switch e.UserIdentity.Type {
			case "Root":
				root++
			case "AWSService":
				service++
			}
		}
	}
	slices.Sort(sizes)
	slices.Sort(counts)
	for _, c := range []struct {
		what     string
		got      float64
		low, top float64
	}{
		{"mean bytes of a record", float64(raw) / float64(records), 1250, 1750},
		{"median bytes of a record", float64(sizes[len(sizes)/2]), 1170, 1565},
		{"99th percentile of bytes", float64(sizes[len(sizes)*99/100]), 1600, 2500},
		{"compression of all files", float64(raw) / float64(packed), 5.5, 9},
		{"files of five records or fewer, in 100", 100 * float64(single) / float64(len(files)), 3, 50},
		{"largest file over the median", float64(counts[len(counts)-1]) / float64(counts[len(counts)/2]), 10, 130},
		{"failures in 100", 100 * float64(failed) / float64(records), 1.4, 10.3},
		{"calls of AWS's services in 100", 100 * float64(service) / float64(records), 30, 90},
		{"calls of root in 100", 100 * float64(root) / float64(records), 0.2, 2.4},
	} {
		if c.got < c.low || c.got > c.top {
			t.Errorf("%s: %.2f, want %v to %v", c.what, c.got, c.low, c.top)
		}
	}
}

type counting struct{ n *int }

func (c counting) Write(p []byte) (int, error) { *c.n += len(p); return len(p), nil }

func TestStoriesTell(t *testing.T) {
	for _, name := range Stories() {
		t.Run(name, func(t *testing.T) {
			if About(name) == "" {
				t.Error("nothing is said about the story")
			}
			for _, files := range []int{20, 300} {
				got := generate(t, Options{Events: 3000, Files: files, Story: name})
				if len(got) != files {
					t.Errorf("%d files, want %d", len(got), files)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Story: "fairy"}, `no story "fairy"; there are busy, `},
		{Options{Events: 10, Files: 11}, "11 files for 10 events"},
		{Options{Events: 100, Files: 10, Story: "takeover"}, "story takeover with 10 files needs at least "},
		{Options{Story: "takeover", Span: time.Hour}, "story takeover takes 2h3m34s; the span is 1h0m0s"},
		{Options{Story: "takeover", Files: 1}, "story takeover needs at least 3 files"},
		{Options{Span: time.Minute}, "span 1m0s: at least 5m0s"},
		{Options{Accounts: 5000}, "5000 accounts: 1 to 1000"},
		{Options{Duplicates: 2}, "share of duplicates 2"},
	} {
		err := Generate(test.o, func(File) error { return nil })
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v, want %q in it", test.o, err, test.want)
		}
	}
}

// TestOddSizes goes to the edges: as many files as events, one event, few files
// for a long time, many accounts.
func TestOddSizes(t *testing.T) {
	for _, o := range []Options{
		{Events: 1},
		{Events: 50, Files: 50},
		{Events: 400, Files: 3, Story: "takeover"},
		{Events: 900, Files: 2, Span: 90 * 24 * time.Hour, Duplicates: 1},
		{Events: 300, Files: 290, Accounts: 1000, Regions: []string{"us-east-1"}, Span: 5 * time.Minute},
		{Events: 900, Files: 10, Story: "noise", Regions: []string{"cn-north-1"}, Span: 2 * time.Hour, Start: time.Date(2026, 12, 31, 23, 58, 7, 0, time.UTC)},
	} {
		ids := make(map[string]bool)
		files := generate(t, o)
		for _, f := range files {
			for _, raw := range f.records {
				var e envelope
				if err := json.Unmarshal(raw, &e); err != nil {
					t.Fatalf("%+v: %v", o, err)
				}
				ids[e.EventID] = true
			}
		}
		if len(ids) != o.Events || len(files) != max(o.Files, 1) {
			t.Errorf("%+v gave %d events in %d files", o, len(ids), len(files))
		}
	}
}

func TestEmitEnds(t *testing.T) {
	full := errors.New("disk full")
	calls := 0
	err := Generate(Options{}, func(File) error { calls++; return full })
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("error %v after %d calls, want the first call's error at once", err, calls)
	}
}
