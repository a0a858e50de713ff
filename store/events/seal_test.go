package events

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"tocsin/core/event"
	"tocsin/store/blob"
	"tocsin/store/blob/blobtest"
	"tocsin/store/state"
)

// complete tells whether every event is found once.
func (f *fixture) complete() {
	f.t.Helper()
	q := Query{Group: f.group.ID, From: -1 << 62, To: 1 << 62, Limit: 1000}
	if d := cmp.Diff(outline(f.plain(q)), outline(f.pages(q, nil))); d != "" {
		f.t.Fatal(d)
	}
}

// tidy lets everything become due that ever will, and checks that the blobs are
// those of the segments then.
func (f *fixture) tidy() {
	f.t.Helper()
	for range 3 {
		f.now = f.now.Add(2 * noteTime)
		if err := f.Tick(context.Background(), f.now); err != nil {
			f.t.Fatal(err)
		}
	}
	blocks, segments := f.holds()
	var keys []string
	for _, s := range segments {
		keys = append(keys, s.Key)
	}
	slices.Sort(keys)
	if d := cmp.Diff(keys, f.keys()); d != "" || len(blocks) > 0 {
		f.t.Fatalf("%d blocks are left; blobs: %s", len(blocks), d)
	}
}

func someEvents(f *fixture, seed uint64, n int) []Event {
	return randomEvents(rand.New(rand.NewPCG(seed, 9)), f, n)
}

// A write that fails, whether it was done or not, is made good by the next.
func TestSealSurvivesFaults(t *testing.T) {
	for _, op := range []blobtest.Op{blobtest.Put, blobtest.Open, blobtest.ReadAt, blobtest.Delete} {
		for _, fault := range []blobtest.Fault{blobtest.NotApplied, blobtest.Applied, blobtest.Cut} {
			if fault == blobtest.Cut && op != blobtest.ReadAt {
				continue
			}
			t.Run(fmt.Sprintf("%s %d", op, fault), func(t *testing.T) {
				faults := 0
				var plan blobtest.Plan
				f := newFixture(t, func(o *Options) {
					o.Blobs = blobtest.Faulty(o.Blobs, func(ctx context.Context, called blobtest.Op, key string) blobtest.Fault {
						if plan == nil {
							return blobtest.None
						}
						got := plan(ctx, called, key)
						if got != blobtest.None {
							faults++
						}
						return got
					})
				})
				for i := range 3 {
					f.add(someEvents(f, uint64(i), 40)...)
					if i < 2 {
						f.seal()
					}
				}
				plan = blobtest.Once(op, fault)
				for range 8 { // seals, merges and sweeps
					f.now = f.now.Add(2 * time.Hour)
					err := f.Tick(t.Context(), f.now)
					if err != nil && !errors.Is(err, blobtest.ErrFault) {
						t.Fatal(err)
					}
				}
				if faults != 1 {
					t.Fatalf("%d faults", faults)
				}
				f.complete()
				f.tidy()
				f.complete()
			})
		}
	}
}

// Who is stopped while it seals leaves no lease that the next start would wait for.
func TestStoppedWhileSealing(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	f := newFixture(t, func(o *Options) {
		o.Blobs = blobtest.Faulty(o.Blobs, func(_ context.Context, op blobtest.Op, _ string) blobtest.Fault {
			if op == blobtest.Put {
				stop()
			}
			return blobtest.None
		})
	})
	f.add(someEvents(f, 1, 30)...)
	if err := f.Seal(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("sealed after the end: %v", err)
	}
	if blocks, _ := f.holds(); len(blocks) == 0 {
		t.Fatal("everything is sealed")
	}
	name := (&shift{group: f.group}).name()
	f.update(func(tx *state.Tx) error {
		mine, err := tx.Lease(t.Context(), name, "the next start", f.now, f.now.Add(time.Minute))
		if err == nil && !mine {
			t.Error("the lease is not given back")
		}
		return err
	})
}

// Who has lost the lease leaves everything as it is.
func TestLostLease(t *testing.T) {
	var f *fixture
	slow := true
	f = newFixture(t, func(o *Options) {
		o.Blobs = blobtest.Faulty(o.Blobs, func(_ context.Context, op blobtest.Op, _ string) blobtest.Fault {
			if slow && op == blobtest.Put {
				f.now = f.now.Add(leaseTime)
			}
			return blobtest.None
		})
	})
	f.add(someEvents(f, 1, 30)...)
	if err := f.Seal(t.Context()); !errors.Is(err, errLost) {
		t.Errorf("sealed for longer than the lease: %v", err)
	}
	if _, segments := f.holds(); len(segments) > 0 {
		t.Errorf("%d segments came of it", len(segments))
	}
	slow = false

	// Somebody else at work: nothing happens, and that is no error.
	name := (&shift{group: f.group}).name()
	f.update(func(tx *state.Tx) error {
		_, err := tx.Lease(t.Context(), name, "other", f.now, f.now.Add(time.Minute))
		return err
	})
	f.seal()
	if blocks, _ := f.holds(); len(blocks) != 1 {
		t.Errorf("%d blocks", len(blocks))
	}
	f.complete()
	f.tidy()
	f.complete()
}

// Several processes seal, merge, add and read at once.
func TestTogether(t *testing.T) {
	f := newFixture(t, nil)
	stores := []*Store{f.Store}
	for i := range 2 {
		o := f.options
		o.Owner = fmt.Sprint("other ", i)
		s := New(o)
		defer s.Close()
		stores = append(stores, s)
	}
	all := someEvents(f, 5, 600)
	f.all = nil
	now := f.now
	var group sync.WaitGroup
	for i, s := range stores {
		group.Go(func() {
			for j := range 20 {
				if err := s.Seal(t.Context()); err != nil {
					t.Error(err)
				}
				if err := s.Tick(t.Context(), now.Add(time.Duration(j)*2*time.Minute)); err != nil {
					t.Error(err)
				}
				if _, err := s.Search(t.Context(), Query{Group: f.group.ID, From: -1 << 62, To: 1 << 62, Limit: 1000}); err != nil {
					t.Error(i, err)
				}
			}
		})
	}
	for len(all) > 0 {
		f.add(all[:10]...)
		all = all[10:]
	}
	group.Wait()
	f.complete()
	f.tidy()
	f.complete()
}

// What has been listed and is gone when it is read is looked for again.
func TestMovedEvents(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.GarbageAge = time.Millisecond })
	f.add(someEvents(f, 1, 20)...)
	move := []func(){
		f.seal,
		func() { f.add(someEvents(f, 2, 20)...); f.seal() },
		func() { f.tidy() },
	}
	for i, move := range move {
		reads := 0
		err := f.consistently(t.Context(), f.group.ID, -1<<62, 1<<62, func(sources []source) error {
			if reads++; reads == 1 {
				move()
			}
			for _, s := range sources {
				if s.block != nil {
					if _, err := f.block(t.Context(), s.block); err != nil {
						return err
					}
					continue
				}
				o, err := f.open.get(t.Context(), s.segment.Key)
				if err != nil {
					return err
				}
				if err := f.open.put(o); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || (reads == 1) != (i == 1) {
			t.Errorf("move %d: %d reads, %v", i, reads, err)
		}
	}
	gone := func([]source) error { return errMoved }
	if err := f.consistently(t.Context(), f.group.ID, 0, 1, gone); !errors.Is(err, errMoved) {
		t.Errorf("events that always move: %v", err)
	}
}

func TestRetention(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.SealAge = time.Minute })
	f.add(someEvents(f, 1, 30)...)
	day := int64(24 * time.Hour / time.Millisecond)
	young := someEvents(f, 2, 30)
	for i := range young {
		young[i].Time += 40 * day
	}
	f.add(young...)
	f.update(func(tx *state.Tx) error { return tx.SetRetention(t.Context(), f.group.ID, 30) })
	f.now = time.UnixMilli(testStart + 45*day)
	if err := f.Tick(t.Context(), f.now); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(2 * tidyEvery)
	if err := f.Tick(t.Context(), f.now); err != nil {
		t.Fatal(err)
	}
	f.all = young
	f.complete()
	if _, segments := f.holds(); len(f.keys()) <= len(segments) {
		t.Error("a blob was deleted while somebody may read it")
	}
	f.update(func(tx *state.Tx) error { return tx.SetRetention(t.Context(), f.group.ID, 0) })
	f.tidy()
	f.complete()
}

// Sealing waits until there is enough, or until it is old enough.
func TestWhenBlocksAreDue(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.SealEvents = 100; o.SealBytes = 1 << 20; o.SealAge = time.Minute })
	f.now = time.UnixMilli(testStart)
	step := func(wait time.Duration, want int) {
		t.Helper()
		f.now = f.now.Add(wait)
		if err := f.Tick(t.Context(), f.now); err != nil {
			t.Fatal(err)
		}
		if blocks, _ := f.holds(); len(blocks) != want {
			t.Errorf("%d blocks, want %d", len(blocks), want)
		}
	}
	add := func(n int) {
		events := someEvents(f, uint64(len(f.all)), n)
		for i := range events {
			events[i].Ingested = f.now.UnixMilli()
		}
		f.add(events...)
	}
	add(10)
	step(59*time.Second, 1)
	step(time.Second, 0)
	add(60)
	step(time.Second, 1)
	add(60)
	step(0, 0)
	f.complete()
}

func TestMergeable(t *testing.T) {
	now := time.UnixMilli(testStart)
	for _, c := range []struct {
		name  string
		sizes []int64
		age   time.Duration
		want  int
	}{
		{"few and new", []int64{10, 10, 10}, time.Minute, 0},
		{"few and quiet", []int64{10, 10, 10}, mergeQuiet, 3},
		{"one", []int64{10}, mergeQuiet, 0},
		{"many", []int64{10, 10, 10, 10, 10, 10, 10, 10}, 0, 8},
		{"a late event does not move a large one", []int64{1000, 1}, mergeQuiet, 0},
		{"but the small ones go together", []int64{1000, 1, 2, 3}, mergeQuiet, 3},
		{"no larger than allowed", slices.Repeat([]int64{900}, 10), mergeQuiet, 8},
		{"large enough", []int64{1001, 1001, 1200}, mergeQuiet, 0},
	} {
		var segments []state.Segment
		for i, size := range c.sizes {
			segments = append(segments, state.Segment{ID: int64(i), RawBytes: size, Created: now.Add(-c.age).UnixMilli()})
		}
		some, _ := mergeable(segments, now, 8000)
		if len(some) != c.want {
			t.Errorf("%s: %d of %d are merged", c.name, len(some), len(segments))
		}
	}
}

// Another reader sees the events, with their fields in columns of their own.
func TestParquetReader(t *testing.T) {
	f := newFixture(t, nil)
	message := `{"eventTime":"2023-11-14T22:00:05Z","eventName":"GetObject","eventSource":"s3.amazonaws.com","errorCode":"AccessDenied","readOnly":true,
		"awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/dev/ann"},
		"resources":[{"ARN":"arn:aws:s3:::b/k","type":"AWS::S3::Object"},{"ARN":"arn:aws:s3:::b"}]}`
	at := testStart + 5000
	odd := "{\"eventName\":\"Odd\",\"x\":\"\xff\"}"
	f.add(
		Event{Time: at + 1, ID: event.ID{2}, Ingested: at + 300, Stream: "s", Message: []byte(odd)},
		Event{Time: at, ID: event.ID{1}, Ingested: at + 200, Stream: "s", Message: []byte(message)},
	)
	f.seal()
	keys := f.keys()
	if len(keys) != 1 || !strings.HasPrefix(keys[0], "log_group=cloudtrail%2Fmain/date=2023-11-14/hour=22/") || !strings.HasSuffix(keys[0], ".parquet") {
		t.Fatalf("keys %q", keys)
	}
	r, err := f.blobs.Open(t.Context(), keys[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	file, err := parquet.OpenFile(r, r.Size())
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]row, 2)
	if n, err := parquet.NewGenericReader[row](file).Read(rows); n != 2 {
		t.Fatal(n, err)
	}
	text := func(s string) *string { return &s }
	yes := true
	want := []row{
		{
			Time: at, Ingested: at + 200, Stream: "s", EventName: text("GetObject"), EventSource: text("s3.amazonaws.com"), AWSRegion: text("eu-west-1"),
			AccountID: text("111122223333"), IdentityType: text("AssumedRole"), UserName: text("ann"), PrincipalARN: text("arn:aws:sts::111122223333:assumed-role/dev/ann"),
			ErrorCode: text("AccessDenied"), ReadOnly: &yes, Message: message,
			Resources: []resourceRow{{text("arn:aws:s3:::b/k"), text("AWS::S3::Object")}, {text("arn:aws:s3:::b"), nil}},
		},
		{Time: at + 1, Ingested: at + 300, Stream: "s", EventName: text("Odd"), Resources: []resourceRow{}, Undecided: 1 << messageText, Message: strings.ToValidUTF8(odd, "\uFFFD"), Bytes: []byte(odd)},
	}
	for i := range rows {
		rows[i].ID = ""
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	page, err := f.Search(t.Context(), Query{Group: f.group.ID, From: at, To: at + 1, OldestFirst: true})
	if err != nil || len(page.Events) != 2 || !bytes.Equal(page.Events[1].Message, []byte(odd)) {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"a", "/aws/cloudtrail", "..", ".a", "a=b", "ä", "A#1", strings.Repeat("/", 512), strings.Repeat("/", 511) + "a"} {
		key := keyOf(state.LogGroup{Name: name}, testStart, []byte("x"))
		if err := blob.CheckKey(key); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		folder, _, _ := strings.Cut(key, "/date=2023-11-14/hour=22/")
		if seen[folder] || folder == key {
			t.Errorf("%q: key %q", name, key)
		}
		seen[folder] = true
	}
}

// Whatever happens to a segment's bytes, the answer is right or there is none.
func TestDamagedSegment(t *testing.T) {
	f := newFixture(t, nil)
	f.add(someEvents(f, 3, 60)...)
	f.seal()
	_, segments := f.holds()
	key := segments[0].Key
	content, err := f.blobs.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := file.ReadFrom(content); err != nil {
		t.Fatal(err)
	}
	q := Query{Group: f.group.ID, From: segments[0].First, To: segments[0].Last, Limit: 1000}
	want := outline(f.plain(q))
	r := rand.New(rand.NewPCG(1, 1))
	noticed := 0
	for range 600 {
		damaged := bytes.Clone(file.Bytes())
		damaged[r.IntN(len(damaged))] ^= 1 << r.IntN(8)
		blobs := blob.NewMemory()
		if err := blobs.Put(t.Context(), key, bytes.NewReader(damaged)); err != nil {
			t.Fatal(err)
		}
		f.open.blobs = blobs
		if err := f.open.forget(key); err != nil {
			t.Fatal(err)
		}
		page, err := f.Search(t.Context(), q)
		if err != nil {
			noticed++
			continue
		}
		got := outline(page.Events)
		if len(got) != len(want) {
			t.Fatalf("%d events of %d", len(got), len(want))
		}
	}
	if noticed == 0 {
		t.Error("nothing was noticed")
	}
}
