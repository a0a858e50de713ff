package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/source"
)

// backfillOf is one over the stage's bucket.
func (s *stage) backfill(m *memory, prefix string, from, to time.Time) *source.Backfill {
	s.t.Helper()
	b, err := source.NewBackfill(source.FeedSpec{Kind: source.BucketFeed, Bucket: "trail", Prefix: prefix},
		source.BackfillOptions{FeedOptions: s.options(m), From: from, To: to})
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func TestBackfillRange(t *testing.T) {
	s, k := newStage(t), newTaker(t)
	day := 24 * time.Hour
	for i := range 10 {
		at := noon.Add(time.Duration(i-20) * day)
		s.put(logKey("us-east-1", at, fmt.Sprint("u", i)), logKey("eu-west-1", at, fmt.Sprint("e", i)))
	}
	s.put("AWSLogs/111122223333/CloudTrail/us-east-1/2024/02/18/readme.txt")
	from := noon.Add(-18 * day)
	s.put(logKey("us-east-1", from.Add(3*day+5*time.Minute), "slack"), logKey("us-east-1", from.Add(3*day+20*time.Minute), "after"))
	b := s.backfill(nil, "", from, from.Add(3*day))
	err := b.Run(t.Context(), func(ctx context.Context, a source.Arrival) error {
		if !a.Quiet || a.Source != "s3://trail" {
			t.Errorf("%+v", a)
		}
		if text, _ := read(t, a); text != a.Key {
			t.Errorf("%s: read %q", a.Key, text)
		}
		err := k.take(ctx, a)
		a.Done(ctx, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range k.taken() {
		names = append(names, short(a.Key))
	}
	if got := strings.Join(names, " "); got != "e2 u2 e3 u3 e4 u4 e5 u5 slack" {
		t.Error(got)
	}
	if p := b.Progress(); !p.Finished || p.Listed != 9 || p.Done != 9 || p.Known != 0 || p.GivenUp != 0 || p.Day != "2024-02-21" || p.Bytes < 900 {
		t.Errorf("%+v", p)
	}
	if st := b.Status(); st.Given != 9 || st.Waiting != 0 || st.Problem != "" {
		t.Errorf("%+v", st)
	}
}

// It is ended at any point, and begun anew; everything is given, and what was
// done before the position not again.
func TestBackfillGoesOn(t *testing.T) {
	s, m, k := newStage(t), newMemory(), newTaker(t)
	const files = 3000
	for i := range files {
		s.put(logKey("us-east-1", noon.Add(time.Duration(i)*time.Minute), fmt.Sprint("n", i)))
	}
	given := map[string]int{}
	round := func(b *source.Backfill) {
		k.tick(b, s.Now())
		for _, a := range k.taken() {
			given[a.Key]++
			a.Done(t.Context(), nil)
		}
	}
	b := s.backfill(m, "", time.Time{}, noon.Add(48*time.Hour))
	round(b)
	round(b) // the position is kept after a round's files are done
	if len(m.all()) != 1 {
		t.Fatalf("positions %q", m.all())
	}
	before := len(given)
	b = s.backfill(m, "", time.Time{}, noon.Add(48*time.Hour))
	for range 10 {
		round(b)
	}
	again := 0
	for _, n := range given {
		if n > 1 {
			again++
		}
	}
	if p := b.Progress(); !p.Finished || len(given) != 2880+15 || before < 1000 || again > 1000 || p.Listed != int64(len(given)-before+again) {
		t.Errorf("%d files given, %d before, %d twice, %+v", len(given), before, again, p)
	}
	if got := strings.Join(m.all(), ", "); got != "s3://trail backfill - 2024-03-09T12:00:00Z=" {
		t.Errorf("position at the end: %s", got)
	}
}

// A file that cannot be taken in is tried some times, then told, and the position
// stays before it.
func TestBackfillGivesUp(t *testing.T) {
	s, m, k := newStage(t), newMemory(), newTaker(t)
	for i := range 4 {
		s.put(logKey("us-east-1", noon.Add(time.Duration(i)*time.Minute), fmt.Sprint("n", i)))
	}
	b := s.backfill(m, "", noon, noon.Add(time.Hour))
	tries := 0
	for range 20 {
		k.tick(b, s.Now())
		for _, a := range k.taken() {
			if strings.Contains(a.Key, "_n1.") {
				if a.Again != tries {
					t.Errorf("try %d is told to be %d", tries, a.Again)
				}
				tries++
				a.Done(t.Context(), errTest)
				continue
			}
			m.mark(a.Source, a.Key, a.Version)
			a.Done(t.Context(), nil)
		}
		s.pass(time.Minute)
	}
	if p := b.Progress(); tries != 5 || !p.Finished || p.GivenUp != 1 || p.Done != 3 || b.Status().Failed != 1 {
		t.Errorf("%d tries, %+v, %+v", tries, p, b.Status())
	}
	if err := b.Run(t.Context(), k.take); err == nil || !strings.Contains(err.Error(), "1 files could not be taken in") {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(m.all(), ""); !strings.Contains(got, "_n0.json") {
		t.Errorf("position %s", got)
	}
	b = s.backfill(m, "", noon, noon.Add(time.Hour))
	k.tick(b, s.Now())
	if got := short(k.keys(nil)); got != "n1" {
		t.Errorf("then %s", got)
	}
	k.tick(b, s.Now())
	if p := b.Progress(); !p.Finished || p.Known != 2 || p.Done != 1 {
		t.Errorf("%+v", p)
	}
}

func TestBackfillOutages(t *testing.T) {
	s, m, k := newStage(t), newMemory(), newTaker(t)
	s.put(logKey("us-east-1", noon, "a"))
	b := s.backfill(m, "", noon, noon.Add(time.Hour))
	m.fail = errTest
	if k.tick(b, s.Now()); !strings.Contains(b.Status().Problem, errTest.Error()) {
		t.Errorf("%+v", b.Status())
	}
	m.fail = nil
	s.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	})
	if pause := k.tick(b, s.Now()); pause < time.Second || !strings.Contains(b.Status().Problem, "SlowDown") {
		t.Errorf("pause %v, %+v", pause, b.Status())
	}
	s.intercept(nil)
	k.tick(b, s.Now())
	if got := short(k.keys(nil)); got != "a" || b.Status().Problem != "" {
		t.Errorf("%s, %+v", got, b.Status())
	}
	k.refuse = errTest
	b = s.backfill(nil, "", noon, noon.Add(time.Hour))
	if err := b.Run(t.Context(), k.take); !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
}

func TestBackfillOfAFolder(t *testing.T) {
	dir, m, k := t.TempDir(), newMemory(), newTaker(t)
	for i := range 3 {
		old(t, filepath.Join(dir, logKey("us-east-1", noon.Add(time.Duration(i)*time.Hour), fmt.Sprint("n", i))), "x")
	}
	spec, err := source.ParseFeed("dir:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := source.NewBackfill(spec, source.BackfillOptions{
		FeedOptions: source.FeedOptions{Marks: m, Positions: m}, From: noon.Add(time.Minute), Ring: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	k.tick(b, time.Now())
	got := k.taken()
	if len(got) != 2 || short(got[0].Key) != "n1" || got[0].Quiet || got[0].Source != "dir:"+dir {
		t.Fatalf("%+v", got)
	}
	// The folder's own feed names it the same way.
	m.mark(got[0].Source, got[0].Key, got[0].Version)
	k.tick(source.NewDirFeed(dir, source.FeedOptions{Marks: m}), time.Now())
	if got := short(k.keys(nil)); got != "n0 n2" {
		t.Errorf("the feed: %s", got)
	}
}

func TestBackfillPlain(t *testing.T) {
	s, k := newStage(t), newTaker(t)
	s.put("logs/b.json", "logs/a.json.gz", "logs/x.txt")
	b := s.backfill(nil, "logs/", noon.Add(-time.Hour), time.Time{})
	k.tick(b, s.Now())
	if got := k.keys(nil); got != "logs/a.json.gz logs/b.json" {
		t.Error(got)
	}
	k.tick(b, s.Now())
	if p := b.Progress(); !p.Finished || p.Day != "" || b.Status().Skipped != 1 {
		t.Errorf("%+v, %+v", p, b.Status())
	}
	none := s.backfill(nil, "nothing/AWSLogs/", noon, time.Time{})
	if err := none.Run(t.Context(), k.take); err != nil || !none.Progress().Finished {
		t.Errorf("nothing: %v", err)
	}
}

func TestBackfillOfNoShelf(t *testing.T) {
	if _, err := source.NewBackfill(source.FeedSpec{Kind: source.QueueFeed, URL: "https://x/y"}, source.BackfillOptions{}); err == nil {
		t.Error("of a queue")
	}
	if _, err := source.NewBackfill(source.FeedSpec{Kind: source.FolderFeed, Path: "/"}, source.BackfillOptions{From: noon, To: noon}); err == nil {
		t.Error("of no time")
	}
}
