package source_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/source"
)

// folderFeed is a feed on an empty folder, and its options' time is real: files'
// times are.
func folderFeed(t *testing.T, o source.FeedOptions) (dir string, f *source.DirFeed) {
	t.Helper()
	dir = t.TempDir()
	return dir, source.NewDirFeed(dir, o)
}

// old makes a file look as if it had been there for an hour.
func old(t *testing.T, path, text string) {
	t.Helper()
	write(t, path, text)
	age(t, path, time.Hour)
}

func age(t *testing.T, path string, by time.Duration) {
	t.Helper()
	at := time.Now().Add(-by)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// tick waits until the clock of the file system, which may stand still for some
// milliseconds, has gone on since a folder changed: what changes there now is seen.
func tick(t *testing.T, folder string) {
	t.Helper()
	before, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	for probe := filepath.Join(t.TempDir(), "probe"); ; {
		write(t, probe, "")
		if now, err := os.Stat(probe); err != nil || now.ModTime().After(before.ModTime()) {
			return
		}
	}
}

func TestFolderAtTheStartOldestFirst(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	for i, region := range []string{"us-east-1", "eu-west-1", "ap-south-1"} {
		for j := range 3 {
			at := noon.Add(time.Duration(24*60*j+5*i) * time.Minute)
			old(t, filepath.Join(dir, logKey(region, at, fmt.Sprintf("d%dr%d", j, i))), "{}")
		}
	}
	k.tick(f, time.Now())
	var order []string
	for _, a := range k.taken() {
		order = append(order, short(a.Key))
		if a.Source != "dir:"+dir || a.Name != filepath.Join(dir, a.Key) || a.Size != 2 || a.MayGrow {
			t.Errorf("%+v", a)
		}
		if text, version := read(t, a); text != "{}" || version != a.Version {
			t.Errorf("read %q, version %q, want %q", text, version, a.Version)
		}
		a.Done(t.Context(), nil)
	}
	if got := strings.Join(order, " "); got != "d0r0 d0r1 d0r2 d1r0 d1r1 d1r2 d2r0 d2r1 d2r2" {
		t.Error(got)
	}
	if s := f.Status(); s.Given != 9 || s.Problem != "" || s.Since.IsZero() || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
	k.tick(f, time.Now())
	if got := k.keys(nil); got != "" {
		t.Errorf("given twice: %s", got)
	}
}

// What is still being written waits until it does not change from one round to
// the next.
func TestFolderHalfWrittenFilesWait(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	now := time.Now()
	next := func() string {
		now = now.Add(200 * time.Millisecond)
		k.tick(f, now)
		return k.keys(nil)
	}
	next()
	file, err := os.Create(filepath.Join(dir, "a.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // it is closed below
	for i := range 4 {
		if _, err := file.WriteString("{}\n"); err != nil {
			t.Fatal(err)
		}
		if got := next(); got != "" {
			t.Fatalf("round %d: given while it grows: %s", i, got)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if got := next(); got != "a.json" {
		t.Errorf("complete: %q", got)
	}
	// An empty file may be one that nobody has written to yet.
	tick(t, dir)
	write(t, filepath.Join(dir, "empty.json"), "")
	next()
	if got := next(); got != "" {
		t.Errorf("empty: %q", got)
	}
	now = now.Add(time.Minute)
	if got := next(); got != "empty.json" {
		t.Errorf("empty for a minute: %q", got)
	}
}

func TestFolderRenamedIntoPlaceIsTakenAtOnce(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	k.tick(f, time.Now())
	part := filepath.Join(dir, "a.json.gz.part")
	write(t, part, "x")
	age(t, part, 5*time.Second) // as if it had been written a little before
	k.tick(f, time.Now())
	if got := k.keys(nil); got != "" {
		t.Fatalf("given under a name of its own: %s", got)
	}
	tick(t, dir)
	if err := os.Rename(part, filepath.Join(dir, "a.json.gz")); err != nil {
		t.Fatal(err)
	}
	k.tick(f, time.Now())
	if got := k.keys(nil); got != "a.json.gz" {
		t.Errorf("got %q", got)
	}
}

// A taker that finds the end missing gives the file back, and gets it again when
// it changed, or when a minute has shown that it will not.
func TestFolderIncomplete(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	now := time.Now()
	write(t, filepath.Join(dir, "a.json.gz"), "half")
	round := func(by time.Duration) *source.Arrival {
		now = now.Add(by)
		k.tick(f, now)
		got := k.taken()
		switch len(got) {
		case 0:
			return nil
		case 1:
			return &got[0]
		}
		t.Fatalf("%d files", len(got))
		return nil
	}
	round(0)
	a := round(time.Second)
	if a == nil || !a.MayGrow {
		t.Fatalf("first: %+v", a)
	}
	a.Done(t.Context(), source.ErrIncomplete)
	for range 3 {
		if a := round(time.Second); a != nil {
			t.Fatalf("given again unchanged: %+v", a)
		}
	}
	write(t, filepath.Join(dir, "a.json.gz"), "half and more")
	round(time.Second)
	b := round(time.Second)
	if b == nil || !b.MayGrow || b.Version == a.Version {
		t.Fatalf("changed: %+v", b)
	}
	b.Done(t.Context(), source.ErrIncomplete)
	round(time.Second)
	c := round(time.Minute)
	if c == nil || c.MayGrow || c.Version != b.Version {
		t.Fatalf("after a minute: %+v", c)
	}
	c.Done(t.Context(), nil)
	if a := round(time.Hour); a != nil {
		t.Errorf("given after all: %+v", a)
	}
}

func TestFolderGivesAgainWhatWasNotTakenIn(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	now := time.Now()
	old(t, filepath.Join(dir, "a.json"), "{}")
	old(t, filepath.Join(dir, "gone.json"), "{}")
	k.tick(f, now)
	if got := k.keys(errTest); got != "a.json gone.json" && got != "gone.json a.json" {
		t.Fatal(got)
	}
	if err := os.Remove(filepath.Join(dir, "gone.json")); err != nil {
		t.Fatal(err)
	}
	k.tick(f, now.Add(100*time.Millisecond))
	if got := k.keys(nil); got != "" {
		t.Errorf("at once: %s", got)
	}
	if s := f.Status(); s.Waiting != 2 {
		t.Errorf("%+v", s)
	}
	k.tick(f, time.Now().Add(2*time.Second))
	again := k.taken()
	if len(again) != 1 || again[0].Key != "a.json" || again[0].Again != 1 {
		t.Fatalf("%+v", again)
	}
	again[0].Done(t.Context(), nil)
	k.tick(f, time.Now().Add(time.Hour))
	if got := k.keys(nil); got != "" || f.Status().Waiting != 0 {
		t.Errorf("after it was taken: %s, %+v", got, f.Status())
	}
}

func TestFolderMarksAndTheirOutage(t *testing.T) {
	m := newMemory()
	dir, f := folderFeed(t, source.FeedOptions{Marks: m})
	k := newTaker(t)
	old(t, filepath.Join(dir, "a.json"), "{}")
	m.fail = errTest
	if pause := k.tick(f, time.Now()); pause < time.Second || !strings.Contains(f.Status().Problem, errTest.Error()) {
		t.Errorf("pause %v, %+v", pause, f.Status())
	}
	m.fail = nil
	k.tick(f, time.Now())
	got := k.taken()
	if len(got) != 1 || f.Status().Problem != "" {
		t.Fatalf("%+v, %+v", got, f.Status())
	}
	m.mark(got[0].Source, got[0].Key, got[0].Version)
	// Another process begins where this one was, and the file is replaced then.
	f = source.NewDirFeed(dir, source.FeedOptions{Marks: m})
	k.tick(f, time.Now())
	if got := k.keys(nil); got != "" {
		t.Errorf("marked: %s", got)
	}
	old(t, filepath.Join(dir, "a.json"), "{ }")
	k.tick(f, time.Now().Add(2*time.Minute))
	k.tick(f, time.Now().Add(3*time.Minute))
	if got := k.keys(nil); got != "a.json" {
		t.Errorf("changed: %q", got)
	}
}

// Only names that are logs' are taken; all else is counted once.
func TestFolderPassesOver(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	digest := strings.ReplaceAll(logKey("us-east-1", noon, "x"), "CloudTrail", "CloudTrail-Digest")
	insight := strings.ReplaceAll(logKey("us-east-1", noon, "x"), "CloudTrail", "CloudTrail-Insight")
	for _, name := range []string{digest, insight, "AWSLogs/111122223333/Config/x.json.gz", "a.json.metadata.json", "a.json.gz.Ab12Cd34", "README", "bad\xffname.json"} {
		old(t, filepath.Join(dir, name), "x")
	}
	old(t, filepath.Join(dir, ".hidden.json"), "x")
	old(t, filepath.Join(dir, ".git/x.json"), "x")
	old(t, filepath.Join(dir, "a.json"), "x")
	for link, to := range map[string]string{"link.json": "a.json", "loop.json": "loop.json", "nowhere.json": "nothing", "folder.json": ".", "up": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		k.tick(f, time.Now())
	}
	k.tick(f, time.Now().Add(time.Hour))
	if got := k.keys(nil); got != "a.json link.json" && got != "link.json a.json" {
		t.Error(got)
	}
	if s := f.Status(); s.Skipped != 9 || s.Failed != 2 || s.Problem != "" {
		t.Errorf("%+v", s)
	}
	insights := source.NewDirFeed(dir, source.FeedOptions{Insights: true})
	k.tick(insights, time.Now())
	if got := k.keys(nil); !strings.Contains(got, insight) {
		t.Errorf("Insights: %s", got)
	}
}

func TestFolderThatCannotBeRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	f := source.NewDirFeed(dir, source.FeedOptions{})
	k := newTaker(t)
	now := time.Now()
	k.tick(f, now)
	if s := f.Status(); !strings.Contains(s.Problem, dir) || !s.Since.IsZero() || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	old(t, filepath.Join(dir, "a/x.json"), "x")
	now = now.Add(6 * time.Second)
	k.tick(f, now)
	if got := k.keys(nil); got != "a/x.json" || f.Status().Problem != "" {
		t.Errorf("%q, %+v", got, f.Status())
	}
	// It goes away and comes back, as a network disk does.
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Second)
	k.tick(f, now)
	if s := f.Status(); s.Problem == "" {
		t.Errorf("%+v", s)
	}
	old(t, filepath.Join(dir+"-away", "b/y.json"), "y")
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	now = now.Add(6 * time.Second)
	k.tick(f, now)
	if got := k.keys(nil); got != "b/y.json" || f.Status().Problem != "" {
		t.Errorf("%q, %+v", got, f.Status())
	}
}

func TestFolderRefusal(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	old(t, filepath.Join(dir, "a.json"), "x")
	k.refuse = errTest
	if _, err := f.Tick(t.Context(), time.Now(), k.take); !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
	if err := f.Run(t.Context(), k.take); !errors.Is(err, errTest) {
		t.Errorf("run: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Run(ctx, k.take); err != nil {
		t.Errorf("ended: %v", err)
	}
}

func TestFolderSince(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{Since: noon})
	k := newTaker(t)
	old(t, filepath.Join(dir, logKey("us-east-1", noon.Add(-time.Minute), "before")), "x")
	old(t, filepath.Join(dir, logKey("us-east-1", noon, "at")), "x")
	k.tick(f, time.Now())
	if got := short(k.keys(nil)); got != "at" {
		t.Error(got)
	}
}

func TestFolderOpen(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	path := filepath.Join(dir, "a.json")
	old(t, path, "12345")
	k.tick(f, time.Now())
	a := k.taken()[0]
	ctx, cancel := context.WithCancel(t.Context())
	content, _, err := a.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := content.Read(make([]byte, 9)); err == nil {
		// The file is closed by another goroutine, perhaps after this read.
		for err == nil {
			_, err = content.Read(make([]byte, 0, 1)[:1])
		}
	}
	if err := content.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Open(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Open(t.Context()); err == nil {
		t.Error("a folder was opened")
	}
}

// A file system whose folders do not tell that they changed is outlasted, and so
// is a file that changes in place.
func TestFolderThatDoesNotTell(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	sub, now := filepath.Join(dir, "sub"), time.Now()
	old(t, filepath.Join(sub, "a.json"), "x")
	age(t, sub, time.Hour)
	age(t, dir, time.Hour)
	told, err := os.Stat(sub)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		now = now.Add(200 * time.Millisecond)
		k.tick(f, now)
	}
	k.keys(nil)
	old(t, filepath.Join(sub, "b.json"), "x")
	old(t, filepath.Join(sub, "a.json"), "other")
	if err := os.Chtimes(sub, told.ModTime(), told.ModTime()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(200 * time.Millisecond)
	k.tick(f, now)
	if got := k.keys(nil); got != "" {
		t.Errorf("found by itself: %s; the test tests nothing", got)
	}
	now = now.Add(time.Minute)
	k.tick(f, now)
	if got := k.keys(nil); got != "sub/a.json sub/b.json" && got != "sub/b.json sub/a.json" {
		t.Errorf("after a minute: %q", got)
	}
}

// Folders that come later are found with all that is below them, and folders that
// go are forgotten.
func TestFolderOfANewDay(t *testing.T) {
	dir, f := folderFeed(t, source.FeedOptions{})
	k := newTaker(t)
	now := time.Now()
	year := filepath.Join(dir, "AWSLogs/111122223333/CloudTrail/us-east-1/2024")
	for i := range 4 {
		if i > 0 {
			tick(t, year)
		}
		old(t, filepath.Join(dir, logKey("us-east-1", noon.AddDate(0, i, 0), fmt.Sprint("m", i))), "x")
		if i == 2 {
			if err := os.RemoveAll(filepath.Join(year, "03")); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(200 * time.Millisecond)
		k.tick(f, now)
		if got := short(k.keys(nil)); got != fmt.Sprint("m", i) || f.Status().Problem != "" {
			t.Errorf("month %d: %q, %+v", i, got, f.Status())
		}
	}
}
